import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { openPrepared } from "../../../src/run/inputs.js";
import { runText } from "../../../src/session/program.js";
import { havePython, runPython } from "../../python.js";

/** Recurrent and transformer models as exporters write them, run whole against onnxruntime on the file itself. */

const root = mkdtempSync(join(tmpdir(), "nibble-blocks-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const write = `
import sys
import numpy as np, onnx
from onnx import helper as h, numpy_helper as nh, TensorProto as T
folder = sys.stdin.readline().strip()
rng = np.random.default_rng(5)
def w(name, *shape): return nh.from_array((rng.standard_normal(shape) * 0.3).astype(np.float32), name)
def ints(name, *values): return nh.from_array(np.array(values, np.int64), name)
n = h.make_node
def save(name, opset, nodes, weights, steps, width, classes):
    graph = h.make_graph(nodes, name, [h.make_tensor_value_info("x", T.FLOAT, ["batch", steps, width])],
                         [h.make_tensor_value_info("y", T.FLOAT, ["batch", classes])], weights)
    model = h.make_model(graph, opset_imports=[h.make_opsetid("", opset)], ir_version=10)
    onnx.checker.check_model(model)
    onnx.save(model, f"{folder}/{name}.onnx")
# What PyTorch writes for LSTM(batch_first=True, bidirectional=True): steps first, states of zeros, directions side by side.
save("lstm", 17, [
    n("Transpose", ["x"], ["t"], name="/lstm/Transpose", perm=[1, 0, 2]),
    n("LSTM", ["t", "W", "R", "B"], ["h", "", ""], name="/lstm/LSTM", hidden_size=8, direction="bidirectional"),
    n("Transpose", ["h"], ["s"], name="/lstm/Transpose_1", perm=[0, 2, 1, 3]),
    n("Reshape", ["s", "sides"], ["r"], name="/lstm/Reshape"),
    n("Transpose", ["r"], ["o"], name="/lstm/Transpose_2", perm=[1, 0, 2]),
    n("Gather", ["o", "last"], ["g"], name="/Gather", axis=1),
    n("Gemm", ["g", "fc.weight", "fc.bias"], ["y"], name="/fc/Gemm", transB=1),
], [w("W", 2, 32, 4), w("R", 2, 32, 8), w("B", 2, 64), ints("sides", 0, 0, -1),
    nh.from_array(np.array(-1, np.int64), "last"), w("fc.weight", 3, 16), w("fc.bias", 3)], 6, 4, 3)
# One block of a decoder in opset 23: RMS norms, causal grouped attention with rotary positions, a gated MLP.
angles = np.outer(np.arange(6), 1 / 100 ** (np.arange(8) / 8)).astype(np.float32)
tables = [nh.from_array(f(angles)[None].repeat(1, 0).astype(np.float32)[0], k) for k, f in (("cos", np.cos), ("sin", np.sin))]
save("block", 23, [
    n("RMSNormalization", ["x", "n1"], ["a"], name="/norm1/RMSNormalization"),
    *[n("MatMul", ["a", f"{k}.weight"], [k], name=f"/{k}/MatMul") for k in "qkv"],
    n("Shape", ["x"], ["batch"], name="/Shape", end=1),
    n("Concat", ["batch", "one"], ["rows"], name="/Concat", axis=0),
    n("Expand", ["positions", "rows"], ["ids"], name="/Expand"),
    n("RotaryEmbedding", ["q", "cos", "sin", "ids"], ["qr"], name="/q/RotaryEmbedding", num_heads=4),
    n("RotaryEmbedding", ["k", "cos", "sin", "ids"], ["kr"], name="/k/RotaryEmbedding", num_heads=2),
    n("Attention", ["qr", "kr", "v"], ["at"], name="/attention/Attention", q_num_heads=4, kv_num_heads=2, is_causal=1),
    n("MatMul", ["at", "o.weight"], ["ao"], name="/o/MatMul"),
    n("Add", ["x", "ao"], ["x1"], name="/Add"),
    n("RMSNormalization", ["x1", "n2"], ["m"], name="/norm2/RMSNormalization"),
    n("MatMul", ["m", "gate.weight"], ["ga"], name="/gate/MatMul"),
    n("Sigmoid", ["ga"], ["sg"], name="/act/Sigmoid"),
    n("Mul", ["ga", "sg"], ["silu"], name="/act/Mul"),
    n("MatMul", ["m", "up.weight"], ["up"], name="/up/MatMul"),
    n("Mul", ["silu", "up"], ["gu"], name="/Mul"),
    n("MatMul", ["gu", "down.weight"], ["dn"], name="/down/MatMul"),
    n("Add", ["x1", "dn"], ["x2"], name="/Add_1"),
    n("ReduceMean", ["x2", "steps"], ["mean"], name="/ReduceMean", keepdims=0),
    n("MatMul", ["mean", "head.weight"], ["y"], name="/head/MatMul"),
], [w("n1", 64), w("n2", 64), w("q.weight", 64, 64), w("k.weight", 64, 32), w("v.weight", 64, 32), w("o.weight", 64, 64),
    w("gate.weight", 64, 96), w("up.weight", 64, 96), w("down.weight", 96, 64), w("head.weight", 64, 5),
    ints("one", 1), nh.from_array(np.arange(6, dtype=np.int64)[None], "positions"), ints("steps", 1), *tables], 6, 64, 5)
`;

const program = (name: string, shape: string) => `model ${name} = onnx("${name}.onnx")
data ${name}_data = random { shape: ${shape}, count: 80 }
experiment ${name}_run {
  model ${name}
  data ${name}_data
  try dynamic
  measure accuracy, size
}
`;

describe.skipIf(!havePython)("blocks of recurrent and transformer models", () => {
  test("an LSTM and a decoder block run with parity, as the kernels that engines have for them", {
    timeout: 180_000,
  }, async () => {
    mkdirSync(join(root, ".nibble"));
    runPython(write, `${root}\n`);
    const operators = async (name: string) => {
      const { graph } = await openPrepared({ name, format: "onnx", path: join(root, `${name}.onnx`) });
      return graph.nodes.map(({ opType }) => opType);
    };
    expect(await operators("lstm")).toEqual("Transpose LSTM Transpose Reshape Transpose Gather Gemm".split(" "));
    const block = await operators("block");
    const counted = [
      "SimplifiedLayerNormalization",
      "GroupQueryAttention",
      "RotaryEmbedding",
      "QuickGelu",
      "MatMul",
    ].map((opType) => block.filter((each) => each === opType).length);
    expect(counted).toEqual([2, 1, 0, 1, 8]);
    const text = `${program("lstm", "[6, 4]")}${program("block", "[6, 64]")}`;
    writeFileSync(join(root, "p.nib"), text);
    const { results, diagnostics } = await runText({ path: join(root, "p.nib"), text }, { folder: root });
    expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
    const records = results.flatMap((result) => result.records);
    expect(records.map(({ experiment, scheme, status }) => [experiment, scheme.name, status])).toEqual([
      ["lstm_run", "fp32", "completed"],
      ["lstm_run", "dynamic", "completed"],
      ["block_run", "fp32", "completed"],
      ["block_run", "dynamic", "completed"],
    ]);
    const found = records.flatMap((record) => (record.status === "completed" ? [record] : []));
    for (const { parity } of found) {
      expect(parity?.reference).toMatch(/^onnxruntime .* \(the file itself, not optimized\)$/);
      expect(parity?.maxRelativeError).toBeLessThan(1e-5);
    }
    expect(found.map(({ attestation }) => [attestation?.attested, attestation?.integerNodes])).toEqual([
      [true, 0],
      [true, 2],
      [true, 0],
      [true, 8],
    ]);
  });
});
