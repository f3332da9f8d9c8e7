import { listed, type WordingOf } from "./wording.js";

/** A node of an ONNX file: its name (of its first output where it has none) and its operator, with the domain before it. */
interface NodeFacts {
  readonly node: string;
  readonly operator: string;
}

export interface OnnxFacts {
  "onnx-not-found": { readonly path: string };
  "onnx-damaged": { readonly path: string; readonly reason: string };
  "onnx-opset": { readonly path: string; readonly version: number; readonly least: number; readonly most: number };
  "onnx-ir-version": { readonly path: string; readonly version: number; readonly most: number };
  "onnx-too-large": { readonly path: string; readonly bytes: number; readonly limit: number };
  "onnx-external": { readonly tensor: string; readonly file: string; readonly reason: string; readonly fix: string };
  "onnx-tensor": { readonly tensor: string; readonly reason: string };
  "onnx-graph": { readonly path: string; readonly reason: string };
  "onnx-operator": NodeFacts & { readonly more: number; readonly reason?: string; readonly nearest?: string };
  "onnx-node": NodeFacts & { readonly reason: string };
  "onnx-input": { readonly input: string; readonly reason: string; readonly fix?: string };
  "onnx-fixed-batch": NodeFacts & { readonly batch: number; readonly reason: string };
  "onnx-narrowed": { readonly type: string; readonly tensors: readonly string[] };
  "onnx-layout": { readonly shapes: readonly string[] };
  "channels-moved": {
    readonly model: string;
    readonly wanted: readonly (number | null)[];
    readonly given: readonly number[];
  };
  "inputs-constant": { readonly model: string; readonly inputs: readonly string[]; readonly data: string };
  "given-not-quantized": { readonly model: string; readonly format: string };
}

const count = (bytes: number): string => bytes.toLocaleString("en-US");
const nodeOf = ({ node, operator }: NodeFacts): string => `node "${node}" (${operator})`;

export const onnxWording: WordingOf<OnnxFacts> = {
  "onnx-not-found": ({ path }) => ({
    message: `there is no ONNX file at "${path}"`,
    hint: "an ONNX model is one .onnx file, with its external data beside it where it has some",
  }),
  "onnx-damaged": ({ path, reason }) => ({
    message: `"${path}" cannot be read as an ONNX file: ${reason}`,
    hint: "the file is cut short, changed, or of another format: copy or export it again",
  }),
  "onnx-opset": ({ path, version, least, most }) => ({
    message: `"${path}" uses opset ${version}; opsets ${least} to ${most} are read`,
    hint:
      version > most
        ? `export it with an older one: \`opset_version=${Math.min(most, 21)}\` in torch.onnx.export, \`--opset ${Math.min(most, 18)}\` in tf2onnx`
        : "convert it with `onnx.version_converter.convert_version(model, 13)`",
  }),
  "onnx-ir-version": ({ path, version, most }) => ({
    message: `"${path}" has IR version ${version}; versions up to ${most} are read`,
    hint: "export it with an older version of onnx",
  }),
  "onnx-too-large": ({ path, bytes, limit }) => ({
    message: `the weights of "${path}" have ${count(bytes)} bytes, more than the ${count(limit)} that one model may have`,
    hint: "one ONNX file, which the engine is given, holds at most 2 GiB; take a smaller model or fewer layers of it",
  }),
  "onnx-external": ({ tensor, file, reason, fix }) => ({
    message: `the data of tensor "${tensor}" in the file "${file}" cannot be read: ${reason}`,
    hint: fix,
  }),
  "onnx-tensor": ({ tensor, reason }) => ({ message: `tensor "${tensor}" cannot be read: ${reason}` }),
  "onnx-graph": ({ path, reason }) => ({
    message: `the graph of "${path}" is not a legal ONNX graph: ${reason}`,
    hint: "`onnx.checker.check_model` of Python says what is wrong with a file",
  }),
  "onnx-operator": ({ more, reason, nearest, ...facts }) => ({
    message: `${nodeOf(facts)}${more > 0 ? ` and ${more} more of its kind` : ""} cannot be read${reason === undefined ? ": no such operator is known" : `: ${reason}`}`,
    hint:
      nearest === undefined
        ? "export the model without it: what comes before and after it may be read as models of their own"
        : `did you mean "${nearest}"?`,
  }),
  "onnx-node": ({ reason, ...facts }) => ({ message: `${nodeOf(facts)} cannot be read: ${reason}` }),
  "onnx-input": ({ input, reason, fix }) => ({
    message: `input "${input}" ${reason}`,
    ...(fix === undefined ? {} : { hint: fix }),
  }),
  "onnx-fixed-batch": ({ batch, reason, ...facts }) => ({
    message: `the model is made for a batch of ${batch} and cannot take another: ${nodeOf(facts)}: ${reason}`,
    hint: "export it with an open batch: `dynamic_axes={'input': {0: 'batch'}}` in torch.onnx.export, a signature of [None, ...] in tf2onnx",
  }),
  "onnx-narrowed": ({ type, tensors }) => ({
    message: `${tensors.length} ${type} ${tensors.length === 1 ? "tensor is" : "tensors are"} computed as float32 (${listed(tensors, 3)})`,
    hint: "fp32 is the baseline of every comparison; parity with the file as it is says what the difference is",
  }),
  "onnx-layout": ({ shapes }) => ({
    message: `layout: channels_last moves the channels of image inputs, and this model has ${shapes.length === 0 ? "no input" : shapes.join(", ")}`,
    hint: "leave layout out",
  }),
  "channels-moved": ({ model, wanted, given }) => ({
    message: `"${model}" takes its channels first, [${wanted.map((size) => size ?? "?").join(", ")}], and samples are [${given.join(", ")}]: a Transpose in front of it moves them, in every arm`,
  }),
  "inputs-constant": ({ model, inputs, data }) => ({
    message: `"${model}" takes ${listed(inputs, 4)} beside its tokens: the same for every sequence of "${data}", none of which is padded, so they are constants`,
  }),
  "given-not-quantized": ({ model, format }) => ({
    message: `\`given\` runs a model that came quantized as it is, and "${model}" (${format}) is not quantized`,
    hint: "leave `try given` out, or name an ONNX file with QuantizeLinear, QLinearConv, MatMulNBits or the like",
  }),
};
