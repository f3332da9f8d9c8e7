import fc from "fast-check";
import { expect, test } from "vitest";
import { broadcastOffsets, broadcastShapes, pick, stridesOf, toFloat64, transposed } from "../../src/tensor/layout.js";
import { elementCount, tensorFrom } from "../../src/tensor/tensor.js";

const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });

test("strides are row-major", () => {
  expect(stridesOf([2, 3, 4])).toEqual([12, 4, 1]);
  expect(stridesOf([])).toEqual([]);
});

test("a transposition and its inverse give the tensor back", () => {
  fc.assert(
    fc.property(shapes, fc.integer(), (shape, seed) => {
      const x = tensorFrom(
        "int32",
        shape,
        Array.from({ length: elementCount(shape) }, (_, i) => i),
      );
      const order = shape.map((_, i) => i).sort((a, b) => (((a + 1) * seed) % 7) - (((b + 1) * seed) % 7));
      const inverse = order.map((_, i) => order.indexOf(i));
      expect(transposed(transposed(x, order), inverse)).toEqual(x);
    }),
  );
});

test("a transposed element is found at the exchanged indices", () => {
  const x = tensorFrom("float32", [2, 3], [1, 2, 3, 4, 5, 6]);
  expect(transposed(x, [1, 0])).toEqual(tensorFrom("float32", [3, 2], [1, 4, 2, 5, 3, 6]));
});

test("broadcasting reads each element at its indices, those of size-1 axes at 0", () => {
  fc.assert(
    fc.property(shapes, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), fc.nat(3), (to, ones, cut) => {
      const from = to.map((size, i) => (ones[i] ? 1 : size)).slice(Math.min(cut, to.length - 1));
      const lead = to.length - from.length;
      const own = stridesOf(from);
      const strides = stridesOf(to);
      const expected = Array.from({ length: elementCount(to) }, (_, element) =>
        from.reduce((sum, size, i) => {
          const index = Math.floor(element / (strides[i + lead] ?? 1)) % (to[i + lead] ?? 1);
          return sum + (size === 1 ? 0 : index) * (own[i] ?? 0);
        }, 0),
      );
      expect([...broadcastOffsets(from, to)]).toEqual(expected);
    }),
  );
});

test("shapes broadcast from the right, or are refused", () => {
  expect(broadcastShapes([2, 1, 4], [3, 1])).toEqual([2, 3, 4]);
  expect(broadcastShapes([], [2])).toEqual([2]);
  expect(() => broadcastShapes([2], [3])).toThrow("shapes [2] and [3] do not broadcast");
});

test("picking works on bigints and copies nothing for an empty shape", () => {
  expect(pick(tensorFrom("int64", [2], [5, 6]), [3], Int32Array.of(1, 0, 1))).toEqual(
    tensorFrom("int64", [3], [6, 5, 6]),
  );
  expect([...toFloat64(tensorFrom("int64", [2], [5, -6]))]).toEqual([5, -6]);
  expect(broadcastOffsets([1], [0]).length).toBe(0);
});
