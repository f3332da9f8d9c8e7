import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Encoded, Format } from "../../src/tensor/format.js";
import { storedBytes } from "../../src/tensor/format.js";
import { formats } from "../../src/tensor/formats.js";
import { packCodes, unpackCodes, type WideBits } from "../../src/tensor/packing.js";

const ggml = ["q4_0", "q8_0", "q4_k"];
const floats = formats.filter((format) => format.block === "none");
const signedFloats = floats.filter((format) => format.name !== "e8m0");
const scaled = formats.filter((format) => format.block !== "none" && !ggml.includes(format.name));
const exactScale = scaled.filter((format) => format.name.startsWith("mx"));

const roundTrip = (format: Format, values: Float32Array): Float32Array => format.decode(format.encode(values));
const floatArray = (values: readonly number[]) => Float32Array.from(values);

/** Values of one block, far from the ends of float32. */
const blockOf = (length: number) =>
  fc
    .tuple(
      fc.integer({ min: -20, max: 20 }),
      fc.array(fc.float({ noNaN: true, min: -1, max: 1 }), { minLength: 1, maxLength: length }),
    )
    .map(([exponent, values]) => floatArray(values.map((x) => x * 2 ** exponent)));
const block = blockOf(16);
const anyFloat = fc.float({ noNaN: true, noDefaultInfinity: true });

/** What each code that encoding gives would read as at each place, under the scales of `encoded`. */
function candidates(format: Format, encoded: Encoded): readonly Float32Array[] {
  // -128 of MXINT8 is read and never given.
  const given = Array.from({ length: 2 ** format.bits }, (_, code) => code).filter(
    (code) => format.name !== "mxint8" || code !== 128,
  );
  return given.map((code) => {
    const codes = new Uint16Array(encoded.length).fill(code);
    return format.decode({ ...encoded, codes: packCodes(codes, format.bits as WideBits) });
  });
}

const codesOf = (format: Format, encoded: Encoded) =>
  unpackCodes(encoded.codes, format.bits as WideBits, encoded.length);

describe.each([...signedFloats, ...exactScale].filter((format) => format.bits <= 8).map((f) => [f.name, f] as const))(
  "%s",
  (_, format) => {
    test("gives the nearest value there is; of two as near, that with the even code", () => {
      fc.assert(
        fc.property(block, (values) => {
          const encoded = format.encode(values);
          const readings = candidates(format, encoded);
          const back = format.decode(encoded);
          for (const [i, code] of codesOf(format, encoded).entries()) {
            const x = values[i] as number;
            const own = Math.abs((back[i] as number) - x);
            const distances = readings.map((reading) => Math.abs((reading[i] as number) - x));
            const least = Math.min(...distances.filter((d) => !Number.isNaN(d)));
            expect(own).toBe(least);
            const beyond =
              Math.abs(x) > Math.max(...readings.map((r) => r[i] as number).filter((r) => !Number.isNaN(r)));
            const nearest = new Set(readings.map((r) => r[i] as number).filter((r) => Math.abs(r - x) === least));
            if (nearest.size > 1 && !beyond) expect(code % 2).toBe(0);
          }
        }),
        { numRuns: 40 },
      );
    });
  },
);

describe.each(
  scaled.filter((format) => format.bits <= 8 && !exactScale.includes(format)).map((f) => [f.name, f] as const),
)("%s", (_, format) => {
  test("gives the nearest value there is, within what float32 division and product round", () => {
    fc.assert(
      fc.property(block, (values) => {
        const encoded = format.encode(values);
        const readings = candidates(format, encoded);
        const back = format.decode(encoded);
        for (const [i, x] of values.entries()) {
          const distances = readings.map((reading) => Math.abs((reading[i] as number) - x));
          const slack = Math.max(...values.map(Math.abs)) * 2 ** -20;
          expect(Math.abs((back[i] as number) - x)).toBeLessThanOrEqual(Math.min(...distances) + slack);
        }
      }),
      { numRuns: 40 },
    );
  });
});

/** Formats with their names, for titles; without some. */
const named = (...without: readonly string[]) =>
  formats.filter(({ name }) => !without.includes(name)).map((format) => [format.name, format] as const);

test.each(named())("%s keeps the order of values that share a scale", (name, format) => {
  fc.assert(
    fc.property(block, (values) => {
      const sorted = values.map((x) => (name === "e8m0" ? Math.abs(x) : x)).sort();
      const back = roundTrip(format, sorted);
      expect(back).toEqual(back.slice().sort());
    }),
  );
});

test.each(named("q4_k"))("%s leaves alone what came out of it", (name, format) => {
  fc.assert(
    fc.property(block, (values) => {
      const once = roundTrip(format, name === "e8m0" ? values.map(Math.abs) : values);
      // A scale of the whole tensor is no subnormal number, so blocks of numbers near those lose codes each time.
      fc.pre(!format.scale.includes("of the tensor") || Math.max(...once.map(Math.abs)) > 2 ** -114);
      const twice = roundTrip(format, once);
      // Rounding the zero point may leave the outermost code of a side unused; the range is then a step shorter.
      const step = (Math.max(0, ...once) - Math.min(0, ...once)) / (2 ** format.bits - 2);
      const rounded = format.scale.includes("float32") ? 2 ** -16 * Math.max(...once.map(Math.abs)) : 0;
      const slack = format.scale.includes("zero point") ? step : rounded;
      for (const [i, x] of once.entries()) {
        const again = twice[i] as number;
        if (!Object.is(again, x)) expect(Math.abs(again - x)).toBeLessThanOrEqual(slack);
      }
    }),
  );
});

test.each(named("e8m0", "nf4", "q4_k").filter(([name]) => !name.startsWith("uint")))(
  "%s treats both signs alike",
  (_, format) => {
    fc.assert(
      fc.property(block, (values) => {
        const mirrored = roundTrip(
          format,
          values.map((x) => -x),
        );
        expect(mirrored.map((x) => -x || 0)).toEqual(roundTrip(format, values).map((x) => x || 0));
      }),
    );
  },
);

test.each(named("e8m0", "q4_k"))("%s gives 0 back exactly", (_, format) => {
  fc.assert(
    fc.property(block, (values) => {
      const back = roundTrip(format, floatArray([...values, 0]));
      expect(Math.abs(back.at(-1) as number)).toBe(0);
    }),
  );
  expect([...roundTrip(format, new Float32Array(300))].every((x) => x === 0)).toBe(true);
});

test.each(named())("%s never throws, and gives a number for every finite number", (name, format) => {
  fc.assert(
    fc.property(fc.array(anyFloat, { maxLength: 70 }), (values) => {
      const back = roundTrip(format, floatArray(values.map((x) => (name === "e8m0" ? Math.abs(x) : x))));
      expect(back.length).toBe(values.length);
      expect(back.some(Number.isNaN)).toBe(false);
    }),
  );
  expect(roundTrip(format, floatArray([])).length).toBe(0);
});

test.each(named())("%s encodes each row on its own", (_, format) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 70 }),
      fc.infiniteStream(fc.float({ noNaN: true, min: 0.5, max: 1 })),
      (n, next) => {
        const row = () => Float32Array.from({ length: n }, () => next.next().value as number);
        const [a, b] = [row(), row()];
        // One scale of the whole tensor would tie them: the same largest value in both.
        a[0] = b[0] = 1;
        const both = format.decode(format.encode(floatArray([...a, ...b]), { rowLength: n, groupSize: n }));
        expect([...both]).toEqual([...roundTrip(format, a), ...roundTrip(format, b)]);
      },
    ),
    { numRuns: 30 },
  );
});

test.each(named())("%s stores as many bytes as it says", (name, format) => {
  const values = Float32Array.from({ length: 256 * 1024 }, (_, i) => (i % 251) + 1);
  const { codes, scales, zeroPoints } = storedBytes(
    format.encode(values.subarray(0, name === "q4_k" ? 25_600 : undefined)),
  );
  const length = name === "q4_k" ? 25_600 : values.length;
  expect(((codes + scales + zeroPoints) * 8) / length).toBeCloseTo(format.bitsPerValue, 2);
});
