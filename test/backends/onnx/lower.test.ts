import fc from "fast-check";
import { expect, test } from "vitest";
import { toOnnx } from "../../../src/backends/onnx/write.js";
import { onnxruntime } from "../../../src/engines/onnxruntime.js";
import { interpret } from "../../../src/ir/interpret.js";
import { prepare } from "../../../src/quantize/passes/float/prepare.js";
import type { Tensor } from "../../../src/tensor/tensor.js";
import { havePython, runPython } from "../../python.js";
import { onnxNet, randomNet } from "../../quantize/passes/float/random-net.js";
import { integerProducts } from "./integer-products.js";

const engine = await onnxruntime();

test("onnxruntime computes what the interpreter says, of random nets as they come and prepared", async () => {
  await fc.assert(
    fc.asyncProperty(randomNet, fc.constantFrom("disabled", "all"), async ({ graph, feeds }, optimization) => {
      const [output] = graph.outputs;
      const expected = interpret(graph, feeds).get(output?.name ?? "") as Tensor<"float32">;
      const size = Math.max(1e-3, ...expected.data.map(Math.abs));
      for (const candidate of [graph, prepare(graph)]) {
        const bytes = toOnnx(candidate);
        const session = await engine.load(bytes, { threads: 1, optimization });
        const actual = (await session.run(feeds))[output?.name ?? ""] as Tensor<"float32">;
        await session.close();
        expect(actual.shape).toEqual(expected.shape);
        const worst = Math.max(...expected.data.map((value, i) => Math.abs(value - (actual.data[i] ?? Number.NaN))));
        expect(worst / size).toBeLessThan(1e-5);
      }
    }),
    { numRuns: 60 },
  );
});

const check = `
import struct, sys, onnx
data, at, count = sys.stdin.buffer.read(), 0, 0
while at < len(data):
    (size,) = struct.unpack_from("<I", data, at)
    model = onnx.load_from_string(data[at + 4 : at + 4 + size])
    onnx.checker.check_model(model, full_check=True)
    at, count = at + 4 + size, count + 1
print(count)
`;

test.skipIf(!havePython)("Python's onnx accepts random nets and a graph of every integer product", () => {
  const nets = fc.sample(onnxNet, { numRuns: 40, seed: 11 }).flatMap(({ graph }) => [graph, prepare(graph)]);
  const files = [...nets, integerProducts()].map(toOnnx);
  expect(Number(runPython(check, framed(files)))).toBe(files.length);
});

/** Files one after another, each behind its length. */
function framed(files: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(
    files.flatMap((bytes) => {
      const size = Buffer.alloc(4);
      size.writeUInt32LE(bytes.length);
      return [size, bytes];
    }),
  );
}
