import type { ValueDescription } from "../run/protocol.js";
import type { ExportManifest, FormEntry } from "./manifest.js";

/** A program that loads a form and runs it once, as the card shows it; the tests run each as it is printed. */
export interface Snippet {
  readonly title: string;
  /** Of the fence: "python", "js". */
  readonly language: "python" | "js";
  readonly code: string;
}

type Facts = Pick<ExportManifest, "forms" | "inputs" | "outputs" | "engineConfig" | "data">;

/** How to load the forms of an export, one program a library. Paths begin at the export's folder. */
export function snippets(manifest: Facts): readonly Snippet[] {
  const onnx = manifest.forms.find(({ form }) => form.startsWith("onnx"));
  const tfjs = manifest.forms.find(({ form }) => form.startsWith("tfjs"));
  return [
    ...(onnx
      ? [
          { title: "Python, onnxruntime", language: "python", code: python(onnx, manifest) } as const,
          {
            title: "Node.js, onnxruntime-node",
            language: "js",
            code: javascript(onnx, manifest, "onnxruntime-node"),
          } as const,
          {
            title: "Browser, onnxruntime-web",
            language: "js",
            code: javascript(onnx, manifest, "onnxruntime-web"),
          } as const,
        ]
      : []),
    ...(tfjs ? [{ title: "Browser, TensorFlow.js", language: "js", code: tensorflow(tfjs, manifest) } as const] : []),
  ];
}

const text = (value: string) => JSON.stringify(value);
const fileOf = ({ files }: FormEntry) => text(files[0] ?? "");

/** A shape with 1 for open sizes: one sample. */
const sizes = ({ shape }: ValueDescription) => shape.map((size) => size ?? 1);

/** What a real sample is beside these zeros. */
function sampleComment(mark: string, { data }: Facts): string {
  const { scale } = (data.settings ?? {}) as { readonly scale?: unknown };
  const scaled = typeof scale === "number" && scale !== 1 ? ` Values of the data, times ${scale}.` : "";
  return `${mark} Zeros in place of a sample.${scaled}`;
}

function python(form: FormEntry, facts: Facts): string {
  const options = Object.entries(facts.engineConfig ?? {}).map(
    ([key, value]) => `options.add_session_config_entry(${text(key)}, ${text(value)})`,
  );
  const feeds = facts.inputs.map((value) => {
    const shape = sizes(value).map(String);
    const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
    return `${text(value.name)}: np.zeros((${tuple}), np.${numpyType(value.dtype)})`;
  });
  return [
    "import numpy as np",
    "import onnxruntime",
    "",
    "options = onnxruntime.SessionOptions()",
    ...options,
    `session = onnxruntime.InferenceSession(${fileOf(form)}, options, providers=["CPUExecutionProvider"])`,
    sampleComment("#", facts),
    `outputs = session.run(None, {${feeds.join(", ")}})`,
    "print([list(output.shape) for output in outputs])",
  ].join("\n");
}

const numpyType = (dtype: string) => (dtype === "bool" ? "bool_" : dtype);

function javascript(form: FormEntry, facts: Facts, library: "onnxruntime-node" | "onnxruntime-web"): string {
  const names = facts.inputs.map((value) => {
    const shape = sizes(value);
    const elements = shape.reduce((product, size) => product * size, 1);
    const array = `new ${arrayType(value.dtype)}(${elements})`;
    return `  ${text(value.name)}: new Tensor(${text(value.dtype)}, ${array}, ${JSON.stringify(shape).replaceAll(",", ", ")}),`;
  });
  const config = Object.entries(facts.engineConfig ?? {});
  const options = config.length === 0 ? "" : `, { extra: ${JSON.stringify(nested(config))} }`;
  return [
    `import { InferenceSession, Tensor } from ${text(library)};`,
    "",
    `const session = await InferenceSession.create(${fileOf(form)}${options});`,
    sampleComment("//", facts),
    "const outputs = await session.run({",
    ...names,
    "});",
    `console.log(JSON.stringify([${facts.outputs.map(({ name }) => `outputs[${text(name)}].dims`).join(", ")}]));`,
  ].join("\n");
}

/** onnxruntime's JavaScript takes entries as records: `session.x` is `{ session: { x } }`. */
function nested(entries: readonly (readonly [string, string])[]): object {
  const groups: Record<string, Record<string, string>> = {};
  for (const [key, value] of entries) {
    const [group = "", ...rest] = key.split(".");
    groups[group] = { ...groups[group], [rest.join(".")]: value };
  }
  return groups;
}

const arrays: Readonly<Record<string, string>> = {
  float32: "Float32Array",
  int32: "Int32Array",
  int64: "BigInt64Array",
  uint8: "Uint8Array",
  int8: "Int8Array",
  bool: "Uint8Array",
};
const arrayType = (dtype: string) => arrays[dtype] ?? "Float32Array";

function tensorflow(form: FormEntry, facts: Facts): string {
  const load = form.load.includes("loadGraphModel") ? "loadGraphModel" : "loadLayersModel";
  const inputs = facts.inputs.map((value) => `tf.zeros(${JSON.stringify(sizes(value)).replaceAll(",", ", ")})`);
  const given = inputs.length === 1 ? inputs[0] : `[${inputs.join(", ")}]`;
  return [
    'import * as tf from "@tensorflow/tfjs";',
    "",
    `const model = await tf.${load}(${fileOf(form)});`,
    sampleComment("//", facts),
    `const outputs = [model.predict(${given})].flat();`,
    "console.log(JSON.stringify(outputs.map(({ shape }) => shape)));",
  ].join("\n");
}
