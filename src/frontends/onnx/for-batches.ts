import { evaluateDim, multiplyDims } from "../../ir/dim.js";
import { BATCH, type Dim } from "../../ir/graph.js";
import { broadcastTo } from "../../ir/operators/elementwise-binary.js";
import { transposed } from "../../tensor/layout.js";
import { elementCount, type Tensor, tensorFrom } from "../../tensor/tensor.js";
import { Refusal } from "./emitter.js";
import type { OnnxNode } from "./operator.js";
import { BATCHES, constantValue, dimsValue, type Value } from "./value.js";

/**
 * Values of which only the size of the batch is open: masks that exporters expand to it, constant inputs of language
 * models. They are computed while the model is read, for two sizes of the batch, from which every other follows.
 */

/** Larger contents, of the largest batch, stay computed at run time. */
const MOST_ELEMENTS = 2 ** 23;

/** Operators that read the type of a value and not its contents. */
const typeReaders = new Set(["Shape", "Size"]);

/**
 * The outputs of a node all of whose inputs are known for every batch; undefined where one is not, or the outputs grow
 * with the batch in another way than by whole samples.
 * @param lower computes the node on constants
 */
export function computedForBatches(
  node: OnnxNode,
  lower: (node: OnnxNode) => readonly Value[],
): readonly Value[] | undefined {
  const hasBody = Object.values(node.attributes).some((value) => typeof value === "object" && "subgraph" in value);
  if (hasBody || node.inputs.length === 0 || (node.domain === "" && typeReaders.has(node.opType))) return undefined;
  const results: (readonly Value[])[] = [];
  for (const [i, batch] of BATCHES.entries()) {
    const inputs = node.inputs.map((input) => input && atBatch(input, batch, i));
    if (node.inputs.some((input, at) => input && !inputs[at])) return undefined;
    try {
      results.push(lower({ ...node, inputs }));
    } catch (error) {
      if (error instanceof Refusal) return undefined;
      throw error;
    }
  }
  const outputs = (results[0] ?? []).map(({ name }, i) => valueFrom(name, contentsOf(results, i)));
  return outputs.every((output) => output !== undefined) ? outputs : undefined;
}

const contentsOf = (results: readonly (readonly Value[])[], i: number) =>
  results.flatMap((values) => values[i]?.constant ?? []);

/** A value as it is for one size of the batch. */
function atBatch(value: Value, batch: number, index: number): Value | undefined {
  const { name, type, dims, fill } = value;
  if (value.constant) return value;
  const contents = value.forBatches?.[index];
  if (contents) return constantValue(name, contents);
  const bindings = new Map([[BATCH, batch]]);
  const sizes = numbersOf(type.shape.map((dim) => evaluateDim(dim, bindings)));
  if (!sizes || elementCount(sizes) > MOST_ELEMENTS) return undefined;
  const numbers = dims ? numbersOf(dims.map((dim) => evaluateDim(dim, bindings))) : undefined;
  if (numbers) return constantValue(name, tensorFrom(type.dtype, sizes, numbers));
  if (fill === undefined) return undefined;
  return constantValue(name, tensorFrom(type.dtype, sizes, new Array<number>(elementCount(sizes)).fill(fill)));
}

function numbersOf(values: readonly (number | undefined)[]): readonly number[] | undefined {
  return values.every((value) => value !== undefined) ? values : undefined;
}

/** The value that has these contents for the sizes of the batch: a constant, sizes, or one that repeats along the batch. */
function valueFrom(name: string, contents: readonly Tensor[]): Value | undefined {
  const [two, three] = contents;
  if (!two || !three || two.shape.length !== three.shape.length) return undefined;
  const shape = two.shape.map((size, i) => sizeOf(size, three.shape[i] ?? 0));
  if (shape.some((size) => size === undefined)) return undefined;
  if (shape.every((size) => typeof size === "number")) {
    if (two.data.every((element, i) => Object.is(element, three.data[i]))) return constantValue(name, two);
    const isWhole = two.dtype === "int64" || two.dtype === "int32";
    const [low, high] = [two, three].map(({ data }) => Array.from(data as ArrayLike<number | bigint>, Number));
    const dims = isWhole && low ? low.map((element, i) => sizeOf(element, high?.[i] ?? 0)) : [];
    if (!isWhole || dims.some((dim) => dim === undefined)) return undefined;
    return dimsValue(name, two.shape, dims as Dim[], two.dtype === "int32" ? "int32" : "int64");
  }
  return { name, type: { dtype: two.dtype, shape: shape as Dim[] }, forBatches: [two, three] };
}

/** What is `two` for a batch of two and `three` for one of three: a number, or a multiple of the batch. */
function sizeOf(two: number, three: number): Dim | undefined {
  if (two === three) return two;
  const factor = three - two;
  return factor > 0 && two === 2 * factor ? multiplyDims([BATCH, factor]) : undefined;
}

/** A constant repeated to a shape with the open batch, as a value that is known; undefined where it is none or too large. */
export function repeatedConstant(value: Value, shape: readonly Dim[]): Value | undefined {
  const { constant, name, type } = value;
  if (!constant) return undefined;
  const sizes = BATCHES.map((batch) => numbersOf(shape.map((dim) => evaluateDim(dim, new Map([[BATCH, batch]])))));
  const contents = sizes.flatMap((each) =>
    each && elementCount(each) <= MOST_ELEMENTS ? [broadcastTo(constant, expanded(each, constant.shape))] : [],
  );
  if (contents.length < BATCHES.length) return undefined;
  const rank = contents[0]?.shape.length ?? 0;
  const whole = shape.map((dim, i) => (dim === 1 ? (constant.shape.at(i - rank) ?? 1) : dim));
  return { name, type: { dtype: type.dtype, shape: whole }, forBatches: contents };
}

/** A size of 1 keeps what is there, as Expand has it. */
function expanded(sizes: readonly number[], own: readonly number[]): number[] {
  return sizes.map((size, i) => (size === 1 ? (own.at(i - sizes.length) ?? 1) : size));
}

/** Operators whose operands broadcast along the batch. */
const broadcasting = new Set(
  (
    "Add Sub Mul Div Max Min Mean Sum Pow Mod Equal Greater Less GreaterOrEqual LessOrEqual And Or Xor Where PRelu " +
    "MatMul"
  ).split(" "),
);

/**
 * The inputs of a node that is computed when the model runs, in which what is known for every batch is one sample that is
 * the same for all: as it is where operands broadcast, else repeated.
 * @throws {Refusal} for a value that is not the same for all samples
 */
export function settledInputs(
  opType: string,
  inputs: readonly (Value | undefined)[],
  repeat: (value: Value, shape: readonly Dim[]) => Value,
): readonly (Value | undefined)[] {
  if (!inputs.some((input) => input?.forBatches)) return inputs;
  return inputs.map((input) => {
    if (!input?.forBatches) return input;
    const { shape } = input.type;
    const axis = shape.indexOf(BATCH);
    const sample = sampleOf(input, axis);
    const isBatched = (other: Value | undefined) =>
      other && !other.forBatches && other.type.shape.at(axis - shape.length) === BATCH;
    const fits = broadcasting.has(opType) && inputs.some(isBatched);
    return fits ? constantValue(input.name, sample) : repeat(constantValue(input.name, sample), shape);
  });
}

/** The first of positions [batch, steps] that are known and count one by one, in each sample the same. */
export function countedFrom({ constant, forBatches, type }: Value): number | undefined {
  const steps = type.shape.at(-1);
  const contents = constant ? [constant] : (forBatches ?? []);
  const first = Number(contents[0]?.data[0]);
  const counts = ({ data }: Tensor) => data.every((place, i) => Number(place) === first + (i % Number(steps)));
  return contents.length > 0 && contents.every(counts) ? first : undefined;
}

/** The one sample that a value repeats along its axis of the batch. */
function sampleOf({ name, type, forBatches = [] }: Value, axis: number): Tensor {
  const open = type.shape.filter((dim) => typeof dim === "string");
  const samples = forBatches.flatMap((contents) => samplesOf(contents, axis));
  const [first] = samples;
  const same = (other: Tensor) => other.data.every((element, i) => Object.is(element, first?.data[i]));
  if (!first || axis < 0 || open.length !== 1 || !samples.every(same)) {
    throw new Refusal(`"${name}" is not the same for every sample of the batch`);
  }
  return first;
}

function samplesOf(contents: Tensor, axis: number): readonly Tensor[] {
  const order = contents.shape.map((_, i) => i).filter((i) => i !== axis);
  const rows = transposed(contents, [axis, ...order]);
  const count = contents.shape[axis] ?? 0;
  const size = rows.data.length / count;
  const shape = contents.shape.map((each, i) => (i === axis ? 1 : each));
  return Array.from({ length: count }, (_, i) => {
    const data = rows.data.slice(i * size, (i + 1) * size);
    return { ...contents, shape, data } as Tensor;
  });
}
