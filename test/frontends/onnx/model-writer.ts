import { seededRandom } from "../../../src/base/random.js";
import { ATTRIBUTE_TYPES, ModelProto } from "../../../src/onnx-proto/messages.js";

type AttributeValue = number | readonly number[] | TensorValue;

interface TensorValue {
  readonly dataType: number;
  readonly dims: readonly number[];
  readonly values: readonly number[];
}

/** Collects the parts of an ONNX file: nodes by their operators, constants once each, weights from one seed. */
export function modelWriter() {
  const random = seededRandom(3);
  const graph = {
    name: "main_graph",
    node: [] as object[],
    initializer: [] as object[],
    input: [] as object[],
    output: [] as object[],
  };
  const known = new Set<string>();
  let count = 0;
  const store = (name: string, { dataType, dims, values }: TensorValue): string => {
    if (known.has(name)) return name;
    known.add(name);
    graph.initializer.push({ name, ...tensorMessage({ dataType, dims, values }) });
    return name;
  };
  const nodes = (
    opType: string,
    input: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
    outputs = 1,
    name = `/${opType}_${count}`,
  ): string[] => {
    const output = Array.from({ length: outputs }, (_, i) => `${name}_output_${i}`);
    count++;
    const attribute = Object.entries(attributes).map(([key, value]) => ({ name: key, ...attributeMessage(value) }));
    graph.node.push({ opType, name, input, output, attribute });
    return output;
  };
  const shapeOf = (sizes: readonly (number | string)[]) => ({
    dim: sizes.map((size) => (typeof size === "number" ? { dimValue: size } : { dimParam: size })),
  });
  const around = (length: number, middle: number) =>
    Array.from({ length }, () => Math.fround(middle + random.normal() * 0.2));
  return {
    nodes,
    node: (opType: string, input: readonly string[], attributes = {}, name?: string): string =>
      nodes(opType, input, attributes, 1, name)[0] ?? "",
    int: (value: number) => store(`int_${value}`, { dataType: 7, dims: [], values: [value] }),
    ints: (values: readonly number[]) =>
      store(`ints_${values.join("_")}`, { dataType: 7, dims: [values.length], values }),
    number: (value: number) => store(`number_${value}`, { dataType: 1, dims: [], values: [value] }),
    floats: (name: string, dims: readonly number[], values: readonly number[]) =>
      store(name, { dataType: 1, dims, values }),
    weight(name: string, dims: readonly number[], deviation = 1): string {
      const length = dims.reduce((product, size) => product * size, 1);
      return store(name, { dataType: 1, dims, values: Array.from({ length }, () => random.normal() * deviation) });
    },
    truths: (name: string, steps: number) =>
      store(name, {
        dataType: 9,
        dims: [1, 1, steps, steps],
        values: Array.from({ length: steps ** 2 }, (_, i) => (i % steps <= Math.floor(i / steps) ? 1 : 0)),
      }),
    around,
    input(name: string, elemType: number, sizes: readonly (number | string)[]) {
      graph.input.push({ name, type: { tensorType: { elemType, shape: shapeOf(sizes) } } });
    },
    output(name: string, value: string, rank: number) {
      graph.node.push({ opType: "Identity", name: `/${name}/Identity`, input: [value], output: [name] });
      const sizes = Array.from({ length: rank }, (_, i) => `${name}_${i}`);
      graph.output.push({ name, type: { tensorType: { elemType: 1, shape: shapeOf(sizes) } } });
    },
    bytes: (): Uint8Array =>
      ModelProto.encode({ irVersion: 8, opsetImport: [{ domain: "", version: 18 }], graph }).finish(),
  };
}

function attributeMessage(value: AttributeValue): object {
  if (typeof value === "number") return { type: ATTRIBUTE_TYPES.int, i: value };
  if (Array.isArray(value)) return { type: ATTRIBUTE_TYPES.ints, ints: value };
  return { type: ATTRIBUTE_TYPES.tensor, t: tensorMessage(value as TensorValue) };
}

function tensorMessage({ dataType, dims, values }: TensorValue): object {
  const data =
    dataType === 7
      ? BigInt64Array.from(values, BigInt)
      : dataType === 9
        ? Uint8Array.from(values)
        : Float32Array.from(values);
  return { dims, dataType, rawData: new Uint8Array(data.buffer) };
}
