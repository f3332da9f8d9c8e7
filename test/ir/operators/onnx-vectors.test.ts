import { expect, test } from "vitest";
import { graphBuilder } from "../../../src/ir/builder.js";
import type { Attribute } from "../../../src/ir/graph.js";
import { interpret } from "../../../src/ir/interpret.js";
import { operatorOf } from "../../../src/ir/operators/registry.js";
import { type DType, type Tensor, tensorFrom, zeros } from "../../../src/tensor/tensor.js";
import { havePython, runPython } from "../../python.js";
import { disagreement, type Tolerance } from "./one-node.js";

/**
 * The vectors of ONNX's own node tests, which define the operators by example. Prints one line of JSON for each test of
 * one node on plain tensors: its name, operator, attributes, operands and expected outputs.
 */
const script = `
import base64, importlib, json, sys, warnings
warnings.simplefilter("ignore")
import numpy as np
import onnx
import onnx.backend.test.case.node as node_tests
names = {"float32", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "bool", "float64"}
special = {"float16": "float16", "bfloat16": "bfloat16"}
for module in json.load(sys.stdin):
    importlib.import_module("onnx.backend.test.case.node." + module)
def encode(a):
    a = np.array(a, order="C")
    dtype = str(a.dtype)
    if dtype not in names and dtype not in special:
        raise TypeError(dtype)
    return {"dtype": dtype, "shape": list(a.shape), "data": base64.b64encode(a.tobytes()).decode()}
def plain(value):
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, (int, float)):
        return value
    raise TypeError(type(value).__name__)
for one in node_tests._NodeTestCases:
    graph = one.model.graph
    if len(graph.node) != 1 or graph.node[0].domain not in ("", "ai.onnx"):
        continue
    node = graph.node[0]
    (inputs, outputs), = one.data_sets
    try:
        fed = dict(zip([i.name for i in graph.input], inputs))
        print(json.dumps({
            "name": one.name, "opType": node.op_type,
            "attributes": {a.name: plain(onnx.helper.get_attribute_value(a)) for a in node.attribute},
            "inputs": [encode(fed[i]) if i else None for i in node.input],
            "outputs": list(node.output),
            "expected": {o.name: encode(v) for o, v in zip(graph.output, outputs)},
        }))
    except (TypeError, AttributeError, ValueError):
        pass
`;

const modules =
  "abs acos acosh add and_ argmax argmin asin asinh atan atanh averagepool batch_normalization bitwiseand bitwisenot bitwiseor bitwisexor cast ceil celu clip concat constantofshape conv convinteger convtranspose cos cosh cumsum depthtospace dequantizelinear div dynamicquantizelinear einsum elu equal erf exp expand eyelike flatten floor gather gatherelements gathernd gelu gemm globalaveragepool globalmaxpool greater greater_or_equal gru hardsigmoid hardswish identity instance_normalization isinf isnan layernormalization leakyrelu less less_or_equal log logsoftmax lrn lstm matmul matmulinteger max maxpool mean min mish mod mul neg not_ onehot or_ pad pow prelu qlinearconv qlinearmatmul quantizelinear rangeop reciprocal reduce_log_sum reduce_log_sum_exp reducel1 reducel2 reducemax reducemean reducemin reduceprod reducesum reducesumsquare relu reshape resize reversesequence rnn round scatterelements scatternd selu shape shrink sigmoid sign sin sinh size slice softmax softplus softsign spacetodepth split sqrt squeeze sub sum tan tanh thresholdedrelu tile topk transpose trilu unsqueeze where xor";

interface Encoded {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: string;
}

interface Vector {
  readonly name: string;
  readonly opType: string;
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly inputs: readonly (Encoded | null)[];
  readonly outputs: readonly string[];
  readonly expected: Readonly<Record<string, Encoded>>;
}

function decode({ dtype, shape, data }: Encoded): Tensor {
  const make = zeros(dtype, []).data.constructor as new (buffer: ArrayBufferLike) => Tensor["data"];
  return { dtype, shape, data: new make(Uint8Array.from(Buffer.from(data, "base64")).buffer) };
}

/** Undefined when ours agrees, else what differs or why the operator was refused. */
function tryVector(one: Vector): string | undefined {
  const difference = tryAs(one, decode);
  // Arithmetic is float32; many vectors happen to be float64, and say as much when they are rounded.
  return difference?.includes("is float64") ? tryAs(one, decodeFloat32) : difference;
}

function decodeFloat32(encoded: Encoded): Tensor {
  const t = decode(encoded);
  return t.dtype === "float64" ? tensorFrom("float32", t.shape, t.data as Float64Array) : t;
}

function tryAs(one: Vector, decode: (encoded: Encoded) => Tensor): string | undefined {
  try {
    const b = graphBuilder(one.name);
    const inputs = one.inputs.map((t, i) => (t ? b.constant(`in${i}`, decode(t)) : undefined));
    b.node(one.opType, inputs, one.attributes, {
      name: "n",
      outputs: one.outputs.map((name) => name && `out_${name}`),
    });
    const values = interpret(b.build(one.outputs.filter((name) => name !== "").map((name) => `out_${name}`)), {});
    for (const [name, encoded] of Object.entries(one.expected)) {
      const [wanted, found] = [decode(encoded), values.get(`out_${name}`)];
      const tolerance: Tolerance = wanted.dtype.startsWith("float") ? { relative: 1e-5 } : "exact";
      const difference = found ? disagreement(wanted, found, tolerance) : "is not there";
      if (difference) return `${name}: ${difference}`;
    }
    return undefined;
  } catch (cause) {
    return `refused: ${cause instanceof Error ? cause.message.replace(/^.*?\): /, "") : cause}`;
  }
}

/** Vectors that do not come out, by name, and why. */
const apart: readonly (readonly [RegExp, string])[] = [
  [/^test_split_\w+_opset13$/, "older opset: nothing says how many pieces"],
  [/^test_(max|min|celu|einsum|isinf|isnan|mod|range)_(\w+_)?b?float16(_\w+)?$/, "arithmetic is float32"],
  [/^test_mod_\w+_fmod_0/, "the remainder of floats without fmod came after opset 21"],
  [/^test_spacetodepth_crd_mode/, "the mode came after opset 21"],
  [/^test_qlinearmatmul_\w+_float16$/, "scales are float32"],
  [/^test_pow_types_/, "both operands are float32"],
  [/^test_batchnorm_\w+_training_mode$/, "inference only"],
  [/^test_(gru|lstm|simple_rnn)_batchwise$/, "layout 0 only"],
  [/^test_maxpool_with_argmax_2d_precomputed_strides$/, "storage_order 0 only"],
  [/^test_reduce_\w+_empty_set/, "a reduction of nothing"],
  [/^test_reduce_(max|min)_bool_inputs$/, "no reduction of bool"],
  [/^test_resize_tf_crop_and_resize/, "not supported"],
  [/^test_resize_\w+_antialias$/, "not supported"],
  [/^test_resize_\w+_not_(larger|smaller)$/, "not supported"],
  [
    /^test_resize_downsample_scales_(linear|cubic)_align_corners$/,
    "onnxruntime stretches to the rounded size, as ours",
  ],
  [/^test_averagepool_2d_ceil_last_window_starts_on_pad$/, "the vector is rounded to four digits"],
];

test.skipIf(!havePython)("the vectors of ONNX's node tests come out", () => {
  const vectors = runPython(script, JSON.stringify(modules.split(" ")))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Vector)
    .filter((one) => operatorOf("", one.opType) !== undefined);
  const results = vectors.map((one) => ({ name: one.name, difference: tryVector(one) }));
  const wrong = results.filter(({ difference }) => difference !== undefined);
  expect(wrong.filter(({ name }) => !apart.some(([pattern]) => pattern.test(name)))).toEqual([]);
  expect(results.length - wrong.length).toBeGreaterThan(400);
});
