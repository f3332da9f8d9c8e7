import { expect, test } from "vitest";
import { bitsOf, fakeQuantize, integerLimits, quantDTypes, quantize } from "../../src/tensor/affine.js";
import { packCodes } from "../../src/tensor/packing.js";
import type { Granularity, QuantDType } from "../../src/tensor/quant.js";
import { ownParams, rangesOf } from "../../src/tensor/ranges.js";
import { tensorFrom } from "../../src/tensor/tensor.js";
import { havePython, runPython } from "../python.js";
import { base64, fromBase64 } from "./by-name.js";

/**
 * Codes and values after a round trip, by the equations of QuantizeLinear in numpy; and, for the types that ONNX has and
 * whole groups, by its reference evaluator, with the packed bytes of its 4- and 2-bit tensors.
 */
const script = `
import base64, json, sys
import numpy as np
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
def text(a):
    return base64.b64encode(np.ascontiguousarray(a).tobytes()).decode()
def spread(a, shape, axis, group):
    if axis is None:
        return a.reshape([1] * len(shape))
    if group is None:
        return a.reshape([-1 if i == axis else 1 for i in range(len(shape))])
    a = a.reshape([-(-n // group) if i == axis else n for i, n in enumerate(shape)])
    return np.take(np.repeat(a, group, axis), range(shape[axis]), axis)
def evaluate(x, scale, zero, dtype, axis, group):
    to = getattr(TensorProto, dtype.upper())
    attributes = {} if axis is None else {"axis": axis} if group is None else {"axis": axis, "block_size": group}
    shape = [] if axis is None else [-1] if group is None else [n // group if i == axis else n for i, n in enumerate(x.shape)]
    t = helper.tensor_dtype_to_np_dtype(to)
    scale, zero = scale.reshape(shape), zero.astype(t).reshape(shape)
    nodes = [helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"], **attributes), helper.make_node("DequantizeLinear", ["q", "s", "z"], ["y"], **attributes)]
    info = lambda n, e: helper.make_tensor_value_info(n, e, None)
    graph = helper.make_graph(nodes, "g", [info("x", TensorProto.FLOAT), info("s", TensorProto.FLOAT), info("z", to)], [info("q", to), info("y", TensorProto.FLOAT)])
    q, y = ReferenceEvaluator(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 25)])).run(None, {"x": x, "s": scale, "z": zero})
    return {"codes": text(q.astype(np.int32)), "values": text(y), "packed": text(np.frombuffer(numpy_helper.from_array(q).raw_data, np.uint8))}
answers = []
for one in json.load(sys.stdin):
    x = np.frombuffer(base64.b64decode(one["x"]), np.float32).reshape(one["shape"])
    flat, zero_flat = (np.frombuffer(base64.b64decode(one[k]), t) for k, t in [("scale", np.float32), ("zero", np.int32)])
    axis, group, dtype = one.get("axis"), one.get("groupSize"), one["dtype"]
    scale, zero = spread(flat, x.shape, axis, group), spread(zero_flat, x.shape, axis, group)
    codes = np.clip(np.rint(x / scale) + zero, one["min"], one["max"]).astype(np.int32)
    answer = {"codes": text(codes), "values": text(((codes - zero).astype(np.float32) * scale).astype(np.float32))}
    whole = group is None or x.shape[axis] % group == 0
    if whole and dtype.lstrip("u") in ("int2", "int4", "int8", "int16"):
        answer["onnx"] = evaluate(x, flat, zero_flat, dtype, axis, group)
    answers.append(answer)
print(json.dumps(answers))
`;

const shape = [3, 8, 5];
const granularities: readonly Granularity[] = [
  {},
  { axis: 0 },
  { axis: 1 },
  { axis: 2 },
  { axis: 1, groupSize: 4 },
  { axis: 0, groupSize: 1 },
  { axis: 1, groupSize: 3 },
  { axis: 2, groupSize: 2 },
  { axis: 2, groupSize: 16 },
];

/** Numbers with few bits, so that many quotients are halves; some far out. */
const values = Array.from({ length: 120 }, (_, i) => (((i * 7919) % 257) - 100) / 8 + (i % 13 === 0 ? 40 : 0));
const x = tensorFrom("float32", shape, values);

const cases = quantDTypes.flatMap((dtype) =>
  granularities.flatMap((granularity) => [true, false].map((symmetric) => ({ dtype, granularity, symmetric }))),
);

interface Answer {
  readonly codes: string;
  readonly values: string;
  readonly onnx?: { readonly codes: string; readonly values: string; readonly packed: string };
}

/** Scales of whole and half numbers as well as the values' own, so that ties occur. */
function paramsOf({ dtype, granularity, symmetric }: (typeof cases)[number]) {
  const params = ownParams(x, dtype, { symmetric, ...granularity });
  return symmetric ? { ...params, scale: params.scale.map((s) => 2 ** Math.ceil(Math.log2(s))) } : params;
}

const ask = (one: (typeof cases)[number]) => {
  const { dtype, scale, zeroPoint, axis, groupSize } = paramsOf(one);
  const arrays = { x: base64(x.data), scale: base64(scale), zero: base64(zeroPoint) };
  return { ...arrays, dtype, shape, axis, groupSize, ...integerLimits(dtype) };
};

function ours(one: (typeof cases)[number]) {
  const params = paramsOf(one);
  const codes = quantize(x, params).data as ArrayLike<number>;
  return { codes: Array.from(codes), values: fakeQuantize(x, params).data, packed: pack(codes, one.dtype) };
}

const pack = (codes: ArrayLike<number>, dtype: QuantDType) => [...packCodes(codes, bitsOf(dtype))];

test.skipIf(!havePython)(
  "every integer type and granularity agrees with numpy and with ONNX's reference evaluator",
  () => {
    const answers = JSON.parse(runPython(script, JSON.stringify(cases.map(ask)))) as readonly Answer[];
    expect(answers.filter((answer) => answer.onnx !== undefined).length).toBe(8 * 2 * 6);
    for (const [i, one] of cases.entries()) {
      const found = ours(one);
      const answer = answers[i] as Answer;
      expect([...new Int32Array(fromBase64(answer.codes))], JSON.stringify(one)).toEqual(found.codes);
      expect(new Float32Array(fromBase64(answer.values)), JSON.stringify(one)).toEqual(found.values);
      if (!answer.onnx) continue;
      expect([...new Int32Array(fromBase64(answer.onnx.codes))], JSON.stringify(one)).toEqual(found.codes);
      expect(new Float32Array(fromBase64(answer.onnx.values)), JSON.stringify(one)).toEqual(found.values);
      expect([...new Uint8Array(fromBase64(answer.onnx.packed))], JSON.stringify(one)).toEqual(found.packed);
    }
  },
);

test("ranges are those of the elements that share a scale", () => {
  const t = tensorFrom("float32", [2, 3], [1, -2, 3, 4, 5, -6]);
  expect(rangesOf(t, {})).toEqual([{ min: -6, max: 5 }]);
  expect(rangesOf(t, { axis: 0 })).toEqual([
    { min: -2, max: 3 },
    { min: -6, max: 5 },
  ]);
  expect(rangesOf(t, { axis: 1, groupSize: 2 })).toEqual([
    { min: -2, max: 1 },
    { min: 3, max: 3 },
    { min: 4, max: 5 },
    { min: -6, max: -6 },
  ]);
  expect(rangesOf(t, { axis: 0, groupSize: 2 }).map(({ min }) => min)).toEqual([1, -2, -6]);
  expect(rangesOf(tensorFrom("float32", [0], []), {})).toEqual([{ min: 0, max: 0 }]);
});

test.each([
  [{ groupSize: 4 }, "groups need an axis"],
  [{ axis: 3 }, "axis 3 does not exist in shape [3, 8, 5]"],
  [{ axis: 1, groupSize: 0 }, "a group has a whole number of elements > 0, not 0"],
  [{ axis: 1, groupSize: 1.5 }, "a group has a whole number of elements > 0, not 1.5"],
])("a granularity that does not fit is refused: %j", (granularity, message) => {
  expect(() => rangesOf(x, granularity)).toThrow(message);
});

test("a value that is not finite has no parameters", () => {
  for (const bad of [Number.NaN, Infinity, -Infinity]) {
    expect(() => ownParams(tensorFrom("float32", [2], [1, bad]), "int8", { symmetric: true })).toThrow("finite");
  }
});
