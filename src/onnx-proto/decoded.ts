/**
 * What protobufjs makes of the messages in `messages.ts`: an absent field has proto2's default (0, "", no bytes, an
 * empty list), an absent message is null. 64-bit integers are objects; `toNumber` and `toBigInt` read them.
 */
export interface Int64 {
  readonly low: number;
  readonly high: number;
}

export interface ModelMessage {
  readonly irVersion: Int64;
  readonly producerName: string;
  readonly producerVersion: string;
  readonly graph: GraphMessage | null;
  readonly opsetImport: readonly OpsetMessage[];
  readonly functions: readonly FunctionMessage[];
}

export interface OpsetMessage {
  readonly domain: string;
  readonly version: Int64;
}

export interface FunctionMessage {
  readonly name: string;
  readonly domain: string;
  readonly overload: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  /** Names of attributes without a default. */
  readonly attribute: readonly string[];
  /** Attributes with a default. */
  readonly attributeProto: readonly AttributeMessage[];
  readonly node: readonly NodeMessage[];
  readonly opsetImport: readonly OpsetMessage[];
}

export interface GraphMessage {
  readonly name: string;
  readonly node: readonly NodeMessage[];
  readonly initializer: readonly TensorMessage[];
  readonly sparseInitializer: readonly { readonly values: TensorMessage | null }[];
  readonly input: readonly ValueInfoMessage[];
  readonly output: readonly ValueInfoMessage[];
}

export interface NodeMessage {
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  readonly overload: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly AttributeMessage[];
}

export interface AttributeMessage {
  readonly name: string;
  /** A number of `ATTRIBUTE_TYPES`; 0 in files before IR version 2. */
  readonly type: number;
  readonly f: number;
  readonly i: Int64;
  readonly s: Uint8Array;
  readonly t: TensorMessage | null;
  readonly g: GraphMessage | null;
  readonly floats: readonly number[];
  readonly ints: readonly Int64[];
  readonly strings: readonly Uint8Array[];
  /** Inside a function: the attribute of its call that gives the value. */
  readonly refAttrName: string;
}

export interface TensorMessage {
  readonly name: string;
  readonly dims: readonly Int64[];
  /** `TensorProto.DataType`. */
  readonly dataType: number;
  readonly floatData: readonly number[];
  readonly int32Data: readonly number[];
  readonly int64Data: readonly Int64[];
  readonly doubleData: readonly number[];
  readonly uint64Data: readonly Int64[];
  readonly rawData: Uint8Array;
  readonly externalData: readonly { readonly key: string; readonly value: string }[];
  /** 1 for data in a file of its own. */
  readonly dataLocation: number;
}

export interface ValueInfoMessage {
  readonly name: string;
  readonly type: {
    readonly tensorType: {
      readonly elemType: number;
      readonly shape: { readonly dim: readonly DimensionMessage[] } | null;
    } | null;
  } | null;
}

export interface DimensionMessage {
  /** Which of the two is given; neither of an unknown size. */
  readonly value?: "dimValue" | "dimParam";
  readonly dimValue: Int64;
  readonly dimParam: string;
}

/** A 64-bit integer as a number; beyond 2^53 it is rounded. */
export function toNumber(value: Int64): number {
  return Number(toBigInt(value));
}

/** A 64-bit integer, exactly. */
export function toBigInt({ low, high }: Int64): bigint {
  return (BigInt(high | 0) << 32n) | BigInt(low >>> 0);
}
