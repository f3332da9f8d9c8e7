import { fail } from "../../base/diagnostic.js";
import { ownPackage } from "../../base/package.js";
import type { Attribute, Dim, Graph, GraphValue, Node } from "../../ir/graph.js";
import { codeOfDType } from "../../ir/operators/element-type.js";
import { ATTRIBUTE_TYPES, MAX_BYTES, ModelProto } from "../../onnx-proto/messages.js";
import { delimited, fieldsPiece, joinPieces, lengthOf, type Piece } from "../../onnx-proto/pieces.js";
import { bytesOf, type Tensor } from "../../tensor/tensor.js";
import { attributeKind } from "./attribute-kind.js";
import { IR_VERSION, OPSETS } from "./schema.js";

const { root } = ModelProto;
const GraphProto = root.lookupType("GraphProto");
const TensorProto = root.lookupType("TensorProto");
/** Field numbers of `ModelProto.graph`, `GraphProto.initializer` and `TensorProto.raw_data`, the last field of its message. */
const [GRAPH, INITIALIZER, RAW_DATA] = [7, 5, 9] as const;

/**
 * A graph as an ONNX file: IR version 10, opset 21 and `com.microsoft` 1, weights little-endian in `raw_data`.
 * Equal graphs give equal bytes: nodes and initializers keep their order, attributes are sorted by name.
 * @throws {DiagnosticError} `engine-refused` when the file would pass protobuf's limit of 2 GiB
 */
export function toOnnx(graph: Graph): Uint8Array {
  const weightBytes = [...graph.initializers.values()].reduce((sum, value) => sum + value.data.byteLength, 0);
  if (weightBytes > MAX_BYTES) tooLarge(weightBytes);
  const pieces = modelPieces(graph);
  const length = lengthOf(pieces);
  if (length > MAX_BYTES) tooLarge(length);
  return joinPieces(pieces);
}

/**
 * The file in pieces, the weights as they lie in memory: an encoder that grows a buffer would hold them three times over.
 * The bytes are those that encoding the whole message at once gives.
 */
function modelPieces(graph: Graph): readonly Piece[] {
  const weights = [...graph.initializers].flatMap(([name, value]) => delimited(INITIALIZER, tensorPieces(name, value)));
  const body = [
    fieldsPiece(GraphProto, { node: graph.nodes.map(nodeProto), name: graph.name }),
    ...weights,
    fieldsPiece(GraphProto, { input: graph.inputs.map(valueProto), output: graph.outputs.map(valueProto) }),
  ];
  const opsetImport = Object.entries(OPSETS).map(([domain, version]) => ({ domain, version }));
  return [
    fieldsPiece(ModelProto, {
      irVersion: IR_VERSION,
      producerName: "nibble",
      producerVersion: ownPackage().version,
    }),
    ...delimited(GRAPH, body),
    fieldsPiece(ModelProto, { opsetImport }),
  ];
}

function tensorPieces(name: string, value: Tensor): readonly Piece[] {
  const { rawData, ...description } = tensorProto(value);
  return [fieldsPiece(TensorProto, { ...description, name }), ...delimited(RAW_DATA, [rawData])];
}

function tooLarge(bytes: number): never {
  fail("engine-refused", {
    stage: "lowering",
    engine: "ONNX",
    message: `the model needs ${bytes} bytes and one ONNX file holds at most ${MAX_BYTES}`,
  });
}

function nodeProto(node: Node): object {
  if (node.domain === "nibble") throw new Error(`lowering: "${node.name}" is simulated and has no ONNX form`);
  const attributes = Object.entries(node.attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    input: node.inputs,
    output: node.outputs,
    name: node.name,
    opType: node.opType,
    ...(node.domain === "" ? {} : { domain: node.domain }),
    attribute: attributes.map(([name, value]) => attributeProto(node, name, value)),
  };
}

function attributeProto(node: Node, name: string, value: Attribute): object {
  const kind = attributeKind(node, name);
  const type = ATTRIBUTE_TYPES[kind];
  switch (kind) {
    case "int":
      return { name, type, i: value };
    case "float":
      return { name, type, f: value };
    case "string":
      return { name, type, s: Buffer.from(value as string) };
    case "ints":
      return { name, type, ints: value };
    case "floats":
      return { name, type, floats: value };
    case "strings":
      return { name, type, strings: (value as readonly string[]).map((text) => Buffer.from(text)) };
    case "tensor":
      return { name, type, t: tensorProto(value as Tensor) };
  }
}

function tensorProto(value: Tensor) {
  return { dims: value.shape, dataType: codeOfDType(value.dtype), rawData: bytesOf(value) };
}

function valueProto({ name, type }: GraphValue): object {
  return {
    name,
    type: { tensorType: { elemType: codeOfDType(type.dtype), shape: { dim: type.shape.map(dimProto) } } },
  };
}

function dimProto(dim: Dim): object {
  return typeof dim === "number" ? { dimValue: dim } : { dimParam: dim };
}
