import type { ValueDescription } from "../run/protocol.js";
import { generationSnippets } from "./generation-snippets.js";
import type { FormEntry } from "./manifest.js";
import { type Facts, javascriptOptions, pythonSession, type Snippet, text } from "./snippet.js";

/** How to load the forms of an export, one program a library. Paths begin at the export's folder. */
export function snippets(manifest: Facts): readonly Snippet[] {
  const decoding = manifest.forms.find(({ form }) => form === "onnx_with_past");
  const onnx = manifest.forms.find((each) => each.form.startsWith("onnx") && each !== decoding);
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
    ...(decoding ? generationSnippets(decoding, manifest) : []),
    ...(tfjs ? [{ title: "Browser, TensorFlow.js", language: "js", code: tensorflow(tfjs, manifest) } as const] : []),
  ];
}

const fileOf = ({ files }: FormEntry) => text(files[0] ?? "");

/** A shape with 1 for open sizes: one sample. */
const sizes = ({ shape }: ValueDescription) => shape.map((size) => (typeof size === "number" ? size : 1));

/** What a real sample is beside these zeros. */
function sampleComment(mark: string, { data }: Facts): string {
  const { scale } = (data.settings ?? {}) as { readonly scale?: unknown };
  const scaled = typeof scale === "number" && scale !== 1 ? ` Values of the data, times ${scale}.` : "";
  return `${mark} Zeros in place of a sample.${scaled}`;
}

function python(form: FormEntry, facts: Facts): string {
  const feeds = facts.inputs.map((value) => {
    const shape = sizes(value).map(String);
    const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
    return `${text(value.name)}: np.zeros((${tuple}), np.${numpyType(value.dtype)})`;
  });
  return [
    ...pythonSession(form, facts),
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
  return [
    `import { InferenceSession, Tensor } from ${text(library)};`,
    "",
    `const session = await InferenceSession.create(${fileOf(form)}${javascriptOptions(facts)});`,
    sampleComment("//", facts),
    "const outputs = await session.run({",
    ...names,
    "});",
    `console.log(JSON.stringify([${facts.outputs.map(({ name }) => `outputs[${text(name)}].dims`).join(", ")}]));`,
  ].join("\n");
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
