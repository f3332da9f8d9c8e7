import protobuf from "protobufjs/light.js";

/**
 * The messages of ONNX that Nibble reads and writes, by field number.
 * Field numbers and enum values are facts of the file format: `onnx/onnx.proto` (proto2).
 * Fields that are left out here (training info, doc strings of inner messages ...) are skipped on reading.
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
export const messages: Readonly<Record<string, protobuf.IType>> = {
  ModelProto: {
    fields: {
      irVersion: { id: 1, type: "int64" },
      producerName: { id: 2, type: "string" },
      producerVersion: { id: 3, type: "string" },
      domain: { id: 4, type: "string" },
      modelVersion: { id: 5, type: "int64" },
      docString: { id: 6, type: "string" },
      graph: { id: 7, type: "GraphProto" },
      opsetImport: { id: 8, type: "OperatorSetIdProto", rule: "repeated" },
      metadataProps: { id: 14, type: "StringStringEntryProto", rule: "repeated" },
      functions: { id: 25, type: "FunctionProto", rule: "repeated" },
    },
  },
  OperatorSetIdProto: { fields: { domain: { id: 1, type: "string" }, version: { id: 2, type: "int64" } } },
  StringStringEntryProto: { fields: { key: { id: 1, type: "string" }, value: { id: 2, type: "string" } } },
  FunctionProto: {
    fields: {
      name: { id: 1, type: "string" },
      input: { id: 4, type: "string", rule: "repeated" },
      output: { id: 5, type: "string", rule: "repeated" },
      attribute: { id: 6, type: "string", rule: "repeated" },
      node: { id: 7, type: "NodeProto", rule: "repeated" },
      opsetImport: { id: 9, type: "OperatorSetIdProto", rule: "repeated" },
      domain: { id: 10, type: "string" },
      attributeProto: { id: 11, type: "AttributeProto", rule: "repeated" },
      overload: { id: 13, type: "string" },
    },
  },
  GraphProto: {
    fields: {
      node: { id: 1, type: "NodeProto", rule: "repeated" },
      name: { id: 2, type: "string" },
      initializer: { id: 5, type: "TensorProto", rule: "repeated" },
      docString: { id: 10, type: "string" },
      input: { id: 11, type: "ValueInfoProto", rule: "repeated" },
      output: { id: 12, type: "ValueInfoProto", rule: "repeated" },
      sparseInitializer: { id: 15, type: "SparseTensorProto", rule: "repeated" },
    },
  },
  SparseTensorProto: { fields: { values: { id: 1, type: "TensorProto" } } },
  NodeProto: {
    fields: {
      input: { id: 1, type: "string", rule: "repeated" },
      output: { id: 2, type: "string", rule: "repeated" },
      name: { id: 3, type: "string" },
      opType: { id: 4, type: "string" },
      attribute: { id: 5, type: "AttributeProto", rule: "repeated" },
      docString: { id: 6, type: "string" },
      domain: { id: 7, type: "string" },
      overload: { id: 8, type: "string" },
    },
  },
  AttributeProto: {
    fields: {
      name: { id: 1, type: "string" },
      f: { id: 2, type: "float" },
      i: { id: 3, type: "int64" },
      s: { id: 4, type: "bytes" },
      t: { id: 5, type: "TensorProto" },
      g: { id: 6, type: "GraphProto" },
      floats: { id: 7, type: "float", rule: "repeated", options: { packed: false } },
      ints: { id: 8, type: "int64", rule: "repeated", options: { packed: false } },
      strings: { id: 9, type: "bytes", rule: "repeated" },
      type: { id: 20, type: "int32" },
      refAttrName: { id: 21, type: "string" },
    },
  },
  TensorProto: {
    fields: {
      dims: { id: 1, type: "int64", rule: "repeated", options: { packed: false } },
      dataType: { id: 2, type: "int32" },
      floatData: { id: 4, type: "float", rule: "repeated", options: { packed: true } },
      int32Data: { id: 5, type: "int32", rule: "repeated", options: { packed: true } },
      int64Data: { id: 7, type: "int64", rule: "repeated", options: { packed: true } },
      name: { id: 8, type: "string" },
      rawData: { id: 9, type: "bytes" },
      doubleData: { id: 10, type: "double", rule: "repeated", options: { packed: true } },
      uint64Data: { id: 11, type: "uint64", rule: "repeated", options: { packed: true } },
      externalData: { id: 13, type: "StringStringEntryProto", rule: "repeated" },
      dataLocation: { id: 14, type: "int32" },
    },
  },
  ValueInfoProto: { fields: { name: { id: 1, type: "string" }, type: { id: 2, type: "TypeProto" } } },
  TypeProto: { fields: { tensorType: { id: 1, type: "TensorTypeProto" } } },
  TensorTypeProto: { fields: { elemType: { id: 1, type: "int32" }, shape: { id: 2, type: "TensorShapeProto" } } },
  TensorShapeProto: { fields: { dim: { id: 1, type: "DimensionProto", rule: "repeated" } } },
  DimensionProto: {
    oneofs: { value: { oneof: ["dimValue", "dimParam"] } },
    fields: { dimValue: { id: 1, type: "int64" }, dimParam: { id: 2, type: "string" } },
  },
};

// proto2 writes a field that is given even when it is zero: an attribute of value 0 needs it.
const proto2 = Object.entries(messages).map(([name, type]) => [name, { ...type, edition: "proto2" }] as const);

/** `ModelProto`, the root of an ONNX file. */
export const ModelProto = protobuf.Root.fromJSON({ nested: Object.fromEntries(proto2) }).lookupType("ModelProto");

/** `AttributeProto.AttributeType` of the kinds that the IR knows, and of subgraphs. */
export const ATTRIBUTE_TYPES = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
} as const;

/** A protobuf message cannot be larger than this: its lengths are signed 32-bit. */
export const MAX_BYTES = 2 ** 31 - 1;
