import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openOnnx } from "../../../src/frontends/onnx/open.js";
import { interpret } from "../../../src/ir/interpret.js";
import { verify } from "../../../src/ir/verify.js";
import { prepare } from "../../../src/quantize/passes/float/prepare.js";
import { tensorFrom } from "../../../src/tensor/tensor.js";
import { havePython, runPython } from "../../python.js";

const folder = mkdtempSync(join(tmpdir(), "nibble-opsets-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A net as PyTorch writes it, in every opset that onnx's own converter gives, and what onnxruntime makes of it. */
const script = `
import json, sys
import numpy as np, onnx
from onnx import helper as h, numpy_helper as nh, version_converter, TensorProto as T
import onnxruntime as ort
folder = sys.stdin.readline().strip()
rng = np.random.default_rng(3)
def w(name, *shape): return nh.from_array((rng.standard_normal(shape) * 0.3).astype(np.float32), name)
inits = [w("conv.weight", 4, 1, 3, 3), w("conv.bias", 4), w("fc.weight", 5, 36), w("fc.bias", 5)]
inits += [nh.from_array(np.abs(rng.standard_normal(4)).astype(np.float32) + 0.1, f"bn.{k}") for k in "smbv"]
nodes = [
  h.make_node("Conv", ["input", "conv.weight", "conv.bias"], ["c"], name="/conv/Conv", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
  h.make_node("BatchNormalization", ["c", "bn.s", "bn.b", "bn.m", "bn.v"], ["n"], name="/bn/BatchNormalization"),
  h.make_node("Relu", ["n"], ["r"], name="/relu/Relu"),
  h.make_node("AveragePool", ["r"], ["p"], name="/pool/AveragePool", kernel_shape=[2, 2], strides=[2, 2]),
  h.make_node("Flatten", ["p"], ["f"], name="/Flatten"),
  h.make_node("Gemm", ["f", "fc.weight", "fc.bias"], ["g"], name="/fc/Gemm", transB=1),
  h.make_node("Softmax", ["g"], ["output"], name="/softmax/Softmax", axis=1),
]
graph = h.make_graph(nodes, "net", [h.make_tensor_value_info("input", T.FLOAT, ["batch", 1, 6, 6])],
                     [h.make_tensor_value_info("output", T.FLOAT, ["batch", 5])], inits)
model = h.make_model(graph, opset_imports=[h.make_opsetid("", 13)], ir_version=8)
oldest = h.make_model(graph, opset_imports=[h.make_opsetid("", 7)], ir_version=8)
x = rng.standard_normal((2, 1, 6, 6)).astype(np.float32)
options = ort.SessionOptions()
options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
want = ort.InferenceSession(model.SerializeToString(), options).run(None, {"input": x})[0]
written = []
for opset in range(7, 22):
    try:
        converted = oldest if opset == 7 else version_converter.convert_version(oldest, opset)
    except Exception:
        continue
    converted.ir_version = 8
    onnx.save(converted, f"{folder}/{opset}.onnx")
    written.append(opset)
print(json.dumps({"x": x.ravel().tolist(), "want": want.ravel().tolist(), "opsets": written}))
`;

test.skipIf(!havePython)(
  "a net in every opset that onnx converts it to gives what onnxruntime makes of it, unoptimized",
  { timeout: 120_000 },
  async () => {
    const { x, want, opsets } = JSON.parse(runPython(script, `${folder}\n`)) as {
      readonly x: readonly number[];
      readonly want: readonly number[];
      readonly opsets: readonly number[];
    };
    expect(opsets).toEqual(expect.arrayContaining([7, 9, 11, 13, 15, 17, 18, 21]));
    for (const opset of opsets) {
      const opened = await openOnnx(join(folder, `${opset}.onnx`));
      const graph = prepare(verify(opened.lowerBoth({}).graph, "as read"));
      const output = interpret(graph, { input: tensorFrom("float32", [2, 1, 6, 6], x) }).get("output");
      const far = Math.max(...want.map((value, i) => Math.abs(value - Number(output?.data[i]))));
      expect({ opset, far: far < 1e-5 ? 0 : far }).toEqual({ opset, far: 0 });
      expect(opened.summarize({}).layers.map(({ name }) => name)).toEqual(expect.arrayContaining(["conv", "fc"]));
    }
  },
);
