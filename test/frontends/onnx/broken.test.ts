import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { DiagnosticError, words } from "../../../src/base/diagnostic.js";
import { openOnnx } from "../../../src/frontends/onnx/open.js";
import { ModelProto } from "../../../src/onnx-proto/messages.js";

const folder = mkdtempSync(join(tmpdir(), "nibble-onnx-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Parts {
  readonly node?: readonly object[];
  readonly initializer?: readonly object[];
  readonly input?: readonly object[];
  readonly output?: readonly object[];
  readonly opset?: number;
  readonly irVersion?: number;
}

const float = (name: string, ...shape: (number | string)[]) => ({
  name,
  type: {
    tensorType: {
      elemType: 1,
      shape: { dim: shape.map((size) => (typeof size === "number" ? { dimValue: size } : { dimParam: size })) },
    },
  },
});
const weight = { name: "w", dims: [4, 2], dataType: 1, rawData: new Uint8Array(32) };
const product = { opType: "MatMul", name: "dense", input: ["x", "w"], output: ["y"] };

/** A model x [n, 4] -> MatMul -> y, with some of it changed. */
function bytesOf(parts: Parts = {}): Uint8Array {
  const {
    node = [product],
    initializer = [weight],
    input = [float("x", "n", 4)],
    output = [float("y", "n", 2)],
  } = parts;
  return ModelProto.encode({
    irVersion: parts.irVersion ?? 8,
    opsetImport: [{ domain: "", version: parts.opset ?? 17 }],
    graph: { name: "g", node, initializer, input, output },
  }).finish();
}

async function messages(bytes: Uint8Array): Promise<readonly string[]> {
  const path = join(folder, "m.onnx");
  writeFileSync(path, bytes);
  const shown = (error: unknown) => {
    if (!(error instanceof DiagnosticError)) throw error;
    return error.diagnostics.map((each) => `${each.code}: ${words(each).message}`.replaceAll(folder, "."));
  };
  try {
    (await openOnnx(path)).lowerBoth({});
    return [];
  } catch (error) {
    return shown(error);
  }
}

const external = (location: string, more: readonly { key: string; value: string }[] = []) => ({
  ...{ name: "w", dims: [4, 2], dataType: 1, dataLocation: 1 },
  externalData: [{ key: "location", value: location }, ...more],
});

const cases: Readonly<Record<string, Uint8Array>> = {
  empty: new Uint8Array(0),
  "text in place of a model": Buffer.from("this is not a model"),
  "cut short": bytesOf().subarray(0, 60),
  "an absurd length": Uint8Array.of(0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f),
  "a number longer than 10 bytes": new Uint8Array(12).fill(0xff),
  "messages nested without end": nested(200),
  "opset too new": bytesOf({ opset: 27 }),
  "opset too old": bytesOf({ opset: 6 }),
  "IR version too new": bytesOf({ irVersion: 99 }),
  "an unknown operator": bytesOf({ node: [{ ...product, opType: "MatMull" }] }),
  "an unknown domain": bytesOf({ node: [{ ...product, domain: "my.own" }] }),
  "an operator that draws at random": bytesOf({ node: [{ ...product, opType: "RandomNormalLike" }] }),
  "a missing input": bytesOf({ node: [{ ...product, input: ["x", "v"] }] }),
  "a cycle": bytesOf({
    node: [
      { opType: "Add", name: "a", input: ["x", "z"], output: ["y"] },
      { opType: "Relu", name: "b", input: ["y"], output: ["z"] },
    ],
  }),
  "a value made twice": bytesOf({ node: [product, { ...product, name: "again" }] }),
  "an initializer twice": bytesOf({ initializer: [weight, weight] }),
  "data that does not fill its shape": bytesOf({ initializer: [{ ...weight, rawData: new Uint8Array(31) }] }),
  "a negative size": bytesOf({ initializer: [{ ...weight, dims: [-4, 2] }] }),
  "a size without bounds": bytesOf({ initializer: [{ ...weight, dims: [2 ** 31, 2 ** 31] }] }),
  "3 GB of weights": bytesOf({
    initializer: [0, 1, 2].map((i) => ({
      ...external("w.bin"),
      name: i === 0 ? "w" : `w${i}`,
      dims: [2 ** 14, 2 ** 14],
    })),
  }),
  "NaN in the weights": bytesOf({
    initializer: [{ ...weight, rawData: new Uint8Array(new Float32Array(8).fill(Number.NaN).buffer) }],
  }),
  "texts as weights": bytesOf({ initializer: [{ ...weight, dataType: 8 }] }),
  "sizes that do not go together": bytesOf({ input: [float("x", "n", 5)] }),
  "no outputs": bytesOf({ output: [] }),
  "an output that nothing makes": bytesOf({ output: [float("q", "n", 2)] }),
  "external data outside": bytesOf({ initializer: [external("../../etc/passwd")] }),
  "external data by an absolute path": bytesOf({ initializer: [external("/etc/passwd")] }),
  "external data through a link": bytesOf({ initializer: [external("link.bin")] }),
  "external data missing": bytesOf({ initializer: [external("nowhere.bin")] }),
  "external data too short": bytesOf({ initializer: [external("short.bin")] }),
  "an absurd offset": bytesOf({ initializer: [external("short.bin", [{ key: "offset", value: "-1" }])] }),
  "a condition that depends on the input": bytesOf({
    node: [{ opType: "If", name: "if", input: ["x"], output: ["y"] }],
  }),
};

/** Graphs in attributes of nodes of graphs, as the bytes of length-prefixed messages. */
function nested(levels: number): Uint8Array {
  const field = (id: number, content: Uint8Array) => {
    const length: number[] = [];
    for (let left = content.length; ; left >>>= 7) {
      length.push(left < 128 ? left : (left & 127) | 128);
      if (left < 128) break;
    }
    return Buffer.concat([Uint8Array.of((id << 3) | 2, ...length), content]);
  };
  let graph: Uint8Array = new Uint8Array(0);
  for (let i = 0; i < levels; i++) graph = field(1, field(5, field(6, graph)));
  return field(7, graph);
}

describe("a broken ONNX file is one clear diagnostic", () => {
  writeFileSync(join(folder, "short.bin"), new Uint8Array(8));
  symlinkSync("/etc/hostname", join(folder, "link.bin"));
  test("a sound one is read", async () => expect(await messages(bytesOf())).toEqual([]));
  test("all of them", async () => {
    const shown: string[] = [];
    for (const [name, bytes] of Object.entries(cases)) shown.push(`${name}\n  ${(await messages(bytes)).join("\n  ")}`);
    await expect(`${shown.join("\n")}\n`).toMatchFileSnapshot("broken.txt");
  });
});
