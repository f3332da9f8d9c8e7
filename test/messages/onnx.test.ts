import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { renderDiagnostic } from "../../src/base/diagnostic.js";
import { ModelProto } from "../../src/onnx-proto/messages.js";
import { openModel } from "../../src/run/inputs.js";
import { checkText } from "../../src/session/program.js";

/** Programs with ONNX models as a user meets what is said of them. All messages are in `onnx.txt`. */

interface Case {
  /** Options of the model, of the data and what is tried. */
  readonly options?: string;
  readonly data?: string;
  readonly attempt?: string;
  readonly batch?: number | string;
  /** Number of the weights' element type; zeros of 2 bytes each where it is not float32. */
  readonly weights?: number;
  /** Sizes of the one input without batch. */
  readonly shape?: readonly (number | string)[];
  readonly node?: readonly object[];
}

const declared = (name: string, shape: readonly (number | string)[]) => ({
  name,
  type: {
    tensorType: {
      elemType: 1,
      shape: { dim: shape.map((size) => (typeof size === "number" ? { dimValue: size } : { dimParam: size })) },
    },
  },
});

/** Images [3, 4, 5], a convolution to two channels, their means. */
function modelOf({ batch = "n", shape = [3, 4, 5], weights = 1, node }: Case): Uint8Array {
  const wide = weights === 1 ? 4 : 2;
  const conv = { opType: "Conv", name: "/conv/Conv", input: ["x", "w"], output: ["c"] };
  const ends = [
    { opType: "GlobalAveragePool", name: "/pool/GlobalAveragePool", input: ["c"], output: ["p"] },
    { opType: "Flatten", name: "/Flatten", input: ["p"], output: ["y"] },
  ];
  const graph = {
    name: "g",
    node: node ?? [conv, ...ends],
    initializer: [
      { name: "w", dims: [2, 3, 1, 1], dataType: weights, rawData: new Uint8Array(6 * wide) },
      { name: "sizes", dims: [2], dataType: 7, rawData: new Uint8Array(BigInt64Array.of(1n, 240n).buffer) },
    ],
    input: [declared("x", [batch, ...shape])],
    output: [declared("y", [batch, 2])],
  };
  return ModelProto.encode({ irVersion: 8, opsetImport: [{ domain: "", version: 17 }], graph }).finish();
}

const random = (shape: string) => `random { shape: ${shape}, count: 20 }`;

const cases: Readonly<Record<string, Case>> = {
  "samples as the model takes them": { data: random("[3, 4, 5]") },
  "samples with their channels last": {},
  "samples with their channels last, as said": { options: "layout: channels_last" },
  "samples with their channels last, and they shall stay": { options: "layout: as_given" },
  "open sizes and channels last": { shape: [3, "h", "w"] },
  "a shape that fits neither way": { data: random("[5, 4, 3]") },
  "channels last of a model without images": {
    ...{ options: "layout: channels_last", shape: [2], data: random("[2]") },
    node: [{ opType: "Relu", name: "relu", input: ["x"], output: ["y"] }],
  },
  "another layout": { options: "layout: chanels_last" },
  "weights of 16 bits": { weights: 10 },
  "a batch that the graph counts on": {
    batch: 4,
    shape: [60],
    data: random("[60]"),
    node: [{ opType: "Reshape", name: "/Reshape", input: ["x", "sizes"], output: ["y"] }],
  },
  "a model that is not quantized": { attempt: "given" },
  "an option of given": { attempt: "given { weights: int8 }" },
};

async function messagesOf(each: Case): Promise<string> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "nibble-onnx-messages-")));
  mkdirSync(join(folder, ".nibble"));
  writeFileSync(join(folder, "m.onnx"), modelOf(each));
  const options = each.options === undefined ? "" : ` { ${each.options} }`;
  const text = [
    `model net = onnx("m.onnx")${options}`,
    `data samples = ${each.data ?? random("[4, 5, 3]")}`,
    `experiment e {\n  model net\n  data samples\n  try ${each.attempt ?? "dynamic"}\n  measure size\n}\n`,
  ].join("\n");
  const checked = await checkText({ path: join(folder, "p.nib"), text });
  const shown = checked.diagnostics.map((found) => renderDiagnostic(found, checked.sources));
  const [experiment] = checked.program?.experiments ?? [];
  if (experiment) {
    const { graph } = await openModel(experiment.model);
    const inputs = graph.inputs.map(({ type }) => `[${type.shape.join(", ")}]`);
    shown.push(`reads ${inputs.join(" and ")}, then ${graph.nodes.map(({ opType }) => opType).join(", ")}`);
  }
  return shown.join("\n").replaceAll(`${folder}/`, "");
}

test("messages about ONNX models", async () => {
  const parts: string[] = [];
  for (const [name, each] of Object.entries(cases)) parts.push(`## ${name}\n\n${await messagesOf(each)}\n`);
  await expect(parts.join("\n")).toMatchFileSnapshot("onnx.txt");
});
