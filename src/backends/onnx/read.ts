import { MAX_BYTES, ModelProto } from "../../onnx-proto/messages.js";

/** A node of an ONNX file, without its attributes' tensors: enough to say what an engine runs. */
export interface OnnxNode {
  readonly name: string;
  readonly opType: string;
  /** "" for ONNX's own operators (the file may say "ai.onnx"). */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Attributes that are one number or one string. */
  readonly attributes: Readonly<Record<string, number | string>>;
}

/** An initializer of an ONNX file. */
export interface OnnxTensor {
  readonly name: string;
  /** `TensorProto.DataType`. */
  readonly dataType: number;
  readonly dims: readonly number[];
}

/** What Nibble reads of an ONNX file that an engine wrote. */
export interface OnnxModel {
  readonly irVersion: number;
  readonly opsets: Readonly<Record<string, number>>;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
}

const ATTRIBUTE = { float: 1, int: 2, string: 3 } as const;

/**
 * The structure of an ONNX file: nodes and initializers, not the weights.
 * @throws {Error} when the bytes are not an ONNX file, or hold more than 2 GiB
 */
export function readOnnx(bytes: Uint8Array): OnnxModel {
  if (bytes.length > MAX_BYTES) throw new Error(`${bytes.length} bytes are more than an ONNX file can hold`);
  let model: DecodedModel;
  try {
    model = ModelProto.toObject(ModelProto.decode(bytes), { longs: Number, defaults: true }) as DecodedModel;
  } catch (error) {
    throw new Error(`not an ONNX file: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!model.graph) throw new Error("not an ONNX file: it holds no graph");
  return {
    irVersion: model.irVersion,
    opsets: Object.fromEntries(model.opsetImport.map(({ domain, version }) => [standard(domain), version])),
    nodes: model.graph.node.map(nodeOf),
    initializers: model.graph.initializer.map(({ name, dataType, dims }) => ({ name, dataType, dims })),
  };
}

/** The nodes of an ONNX file, in its order. */
export function readOnnxNodes(bytes: Uint8Array): readonly OnnxNode[] {
  return readOnnx(bytes).nodes;
}

function nodeOf(node: DecodedNode): OnnxNode {
  const attributes: Record<string, number | string> = {};
  for (const { name, type, f, i, s } of node.attribute) {
    if (type === ATTRIBUTE.float) attributes[name] = f;
    else if (type === ATTRIBUTE.int) attributes[name] = i;
    else if (type === ATTRIBUTE.string) attributes[name] = Buffer.from(s).toString("utf8");
  }
  return {
    name: node.name,
    opType: node.opType,
    domain: standard(node.domain),
    inputs: node.input,
    outputs: node.output,
    attributes,
  };
}

function standard(domain: string): string {
  return domain === "ai.onnx" ? "" : domain;
}

interface DecodedModel {
  readonly irVersion: number;
  readonly opsetImport: readonly { readonly domain: string; readonly version: number }[];
  readonly graph: { readonly node: readonly DecodedNode[]; readonly initializer: readonly OnnxTensor[] } | null;
}

interface DecodedNode {
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly {
    readonly name: string;
    readonly type: number;
    readonly f: number;
    readonly i: number;
    readonly s: Uint8Array;
  }[];
}
