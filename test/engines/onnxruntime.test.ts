import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { readOnnxNodes } from "../../src/backends/onnx/read.js";
import { toOnnx } from "../../src/backends/onnx/write.js";
import { DiagnosticError, words } from "../../src/base/diagnostic.js";
import type { SessionOptions } from "../../src/engines/engine.js";
import { engineVersion, onnxruntime } from "../../src/engines/onnxruntime.js";
import { graphBuilder } from "../../src/ir/builder.js";
import { interpret } from "../../src/ir/interpret.js";
import { type DType, tensorFrom } from "../../src/tensor/tensor.js";

const engine = await onnxruntime();
const folder = mkdtempSync(join(tmpdir(), "nibble-test-"));
afterAll(() => rmSync(folder, { recursive: true }));
const oneThread: SessionOptions = { threads: 1, optimization: "all" };

function negated(): Uint8Array {
  const g = graphBuilder("negated");
  return toOnnx(g.build([g.node("Neg", [g.node("Relu", [g.input("x", "float32", ["batch", 2])])], {}, { name: "y" })]));
}

async function messageOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (cause) => cause,
  );
  if (!(error instanceof DiagnosticError)) throw error ?? new Error("nothing was thrown");
  return error.diagnostics.map((d) => words(d).message).join("; ");
}

test("the version is that of the installed package, with or without the engine loaded", async () => {
  expect([engine.name, engine.version]).toEqual(["onnxruntime", await engineVersion()]);
  expect(engine.version).toMatch(/^1\.\d+\.\d+$/);
});

test("a session runs what its file says, from bytes and from a path, with one and with two threads", async () => {
  const path = join(folder, "negated.onnx");
  writeFileSync(path, negated());
  for (const [model, threads] of [
    [negated(), 1],
    [path, 2],
  ] as const) {
    const session = await engine.load(model, { ...oneThread, threads });
    expect([session.inputNames, session.outputNames]).toEqual([["x"], ["y"]]);
    const { y } = await session.run({ x: tensorFrom("float32", [2, 2], [1, -2, 3, -4]) });
    expect(y).toEqual(tensorFrom("float32", [2, 2], [-1, -0, -3, -0]));
    await session.close();
  }
});

test("bytes in the middle of a larger buffer are the model", async () => {
  const bytes = negated();
  const larger = new Uint8Array(bytes.length + 20);
  larger.set(bytes, 10);
  const session = await engine.load(larger.subarray(10, 10 + bytes.length), oneThread);
  expect(session.outputNames).toEqual(["y"]);
  await session.close();
});

test.each(["float32", "float64", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "bool"] as const)(
  "%s goes in and comes out as it is",
  async (dtype: DType) => {
    const type = { dtype, shape: [3] };
    const node = { name: "n", opType: "Identity", domain: "", inputs: ["x"], outputs: ["y"], attributes: {} } as const;
    const graph = {
      name: "same",
      inputs: [{ name: "x", type }],
      outputs: [{ name: "y", type }],
      nodes: [node],
      initializers: new Map(),
    };
    const session = await engine.load(toOnnx(graph), oneThread);
    const x = tensorFrom(dtype, [3], [1, 0, 1]);
    expect(await session.run({ x })).toEqual({ y: x });
    await session.close();
  },
);

test("a bound run gives the same work without its outputs", async () => {
  const session = await engine.load(negated(), oneThread);
  const run = session.bind({ x: tensorFrom("float32", [1, 2], [1, 2]) });
  expect(await run()).toBeUndefined();
  await session.close();
});

test("the optimized graph is written where it was asked for", async () => {
  const optimizedModelPath = join(folder, "optimized.onnx");
  const session = await engine.load(negated(), { ...oneThread, optimizedModelPath });
  await session.close();
  expect(existsSync(optimizedModelPath)).toBe(true);
  expect(readOnnxNodes(readFileSync(optimizedModelPath)).map(({ opType }) => opType)).toEqual(["Relu", "Neg"]);
});

test("an extra entry of the configuration reaches the engine", async () => {
  // Level 4 of a weight-only MatMul is the engine's default here; the entry asks for 0.
  const g = graphBuilder("weightOnly");
  const x = g.input("x", "float32", [1, 32]);
  const codes = g.constant("codes", tensorFrom("int8", [32, 32], new Array(1024).fill(3)));
  const scales = g.constant("scales", tensorFrom("float32", [1, 32], new Array(32).fill(0.5)));
  const weights = g.node("DequantizeLinear", [codes, scales], { axis: 0, block_size: 32 });
  const bytes = toOnnx(g.build([g.node("MatMul", [x, weights])]));
  const levels = [];
  for (const level of ["0", "4"]) {
    const optimizedModelPath = join(folder, `level${level}.onnx`);
    const extra = { "session.qdq_matmulnbits_accuracy_level": level };
    const session = await engine.load(bytes, { ...oneThread, optimizedModelPath, extra });
    await session.close();
    levels.push(readOnnxNodes(readFileSync(optimizedModelPath)).map(({ attributes }) => attributes.accuracy_level));
  }
  expect(levels).toEqual([[0], [4]]);
});

test("zeros in front of a pool stay zeros, also where they are more than the window is wide", async () => {
  for (const [kernel, border] of [
    [3, 1],
    [2, 2],
  ] as const) {
    const g = graphBuilder("padded");
    const pads = g.constant("pads", tensorFrom("int64", [8], [0, 0, border, border, 0, 0, border, border]));
    const padded = g.node("Pad", [g.input("x", "float32", ["batch", 1, 3, 3]), pads]);
    const y = g.node("MaxPool", [padded], { kernel_shape: [kernel, kernel] });
    const graph = g.build([y]);
    const feeds = { x: tensorFrom("float32", [1, 1, 3, 3], [-1, -2, -3, -4, -5, -6, -7, -8, -9]) };
    const session = await engine.load(toOnnx(graph), oneThread);
    expect((await session.run(feeds))[y]).toEqual(interpret(graph, feeds).get(y));
    await session.close();
  }
});

test("what the engine refuses is a diagnostic that says at which step", async () => {
  expect(await messageOf(engine.load(Uint8Array.of(1, 2, 3), oneThread))).toMatchInlineSnapshot(
    `"onnxruntime refused the model during "loading the model": Failed to load model because protobuf parsing failed."`,
  );
  expect(await messageOf(engine.load(join(folder, "absent.onnx"), oneThread))).toMatch(
    /loading the model.*absent\.onnx/,
  );
  const session = await engine.load(negated(), oneThread);
  const wrong = { x: tensorFrom("float32", [1, 3], [1, 2, 3]) };
  expect(await messageOf(session.run(wrong))).toMatchInlineSnapshot(
    `"onnxruntime refused the model during "running the model": Got invalid dimensions for input: x for the following indices index: 1 Got: 3 Expected: 2 Please fix either the inputs/outputs or the model."`,
  );
  expect(await messageOf(session.run({}))).toMatchInlineSnapshot(
    `"onnxruntime refused the model during "running the model": input 'x' is missing in 'feeds'."`,
  );
  await session.close();
});

test("the engine prints nothing, neither its warnings nor its errors", async () => {
  const program = fileURLToPath(new URL("onnxruntime-child.ts", import.meta.url));
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--import", "tsx", program]);
  expect({ stdout, stderr }).toEqual({ stdout: '{"failed":true}\n', stderr: "" });
});
