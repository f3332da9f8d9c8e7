import { evaluateDim, multiplyDims } from "../../ir/dim.js";
import { BATCH, type Dim } from "../../ir/graph.js";
import { broadcastTo } from "../../ir/operators/elementwise-binary.js";
import { transposed } from "../../tensor/layout.js";
import { elementCount, type Tensor, tensorFrom } from "../../tensor/tensor.js";
import { Refusal } from "./emitter.js";
import { BATCHES, constantValue, dimsValue, type Value } from "./value.js";

/**
 * Values of which only the size of the batch is open: masks that exporters expand to it, constant inputs of language
 * models. They are known for two sizes of the batch, from which every other follows.
 */

/** Larger contents are not made while a model is read. */
export const MOST_ELEMENTS = 2 ** 24;

/** A value that repeats a sample, whose size along `axis` is 1, for the batch. */
export function repeatedValue(name: string, sample: Tensor, axis: number): Value {
  const shape: Dim[] = sample.shape.with(axis, 0);
  shape[axis] = BATCH;
  return { name, type: { dtype: sample.dtype, shape }, batched: { kind: "same", sample, axis } };
}

/** A value as it is for one of {@link BATCHES}; undefined where it is not known, or too large. */
export function atBatch(value: Value, index: number): Value | undefined {
  const { name, type, dims, fill, batched } = value;
  if (value.constant) return value;
  if (batched?.kind === "each") return constantValue(name, batched.contents[index] as Tensor);
  const bindings = new Map([[BATCH, BATCHES[index] ?? 0]]);
  const sizes = numbersOf(type.shape.map((dim) => evaluateDim(dim, bindings)));
  if (!sizes || elementCount(sizes) > MOST_ELEMENTS) return undefined;
  if (batched) return constantValue(name, broadcastTo(batched.sample, sizes));
  const numbers = dims ? numbersOf(dims.map((dim) => evaluateDim(dim, bindings))) : undefined;
  if (numbers) return constantValue(name, tensorFrom(type.dtype, sizes, numbers));
  if (fill === undefined) return undefined;
  return constantValue(name, tensorFrom(type.dtype, sizes, new Array<number>(elementCount(sizes)).fill(fill)));
}

function numbersOf(values: readonly (number | undefined)[]): readonly number[] | undefined {
  return values.every((value) => value !== undefined) ? values : undefined;
}

/**
 * The value that has these contents for {@link BATCHES}: a constant, sizes, a sample that repeats, or what differs between
 * samples; undefined where it grows with the batch in another way than by whole samples.
 */
export function valueFrom(name: string, contents: readonly Tensor[]): Value | undefined {
  const [two, three] = contents;
  if (!two || !three || two.shape.length !== three.shape.length) return undefined;
  const shape = two.shape.map((size, i) => sizeOf(size, three.shape[i] ?? 0));
  if (shape.some((size) => size === undefined)) return undefined;
  if (shape.every((size) => typeof size === "number")) {
    return sameElements(two, three) ? constantValue(name, two) : sizesFrom(name, two, three);
  }
  const axis = shape.indexOf(BATCH);
  const isOne = shape.filter((size) => typeof size === "string").length === 1;
  const sample = axis >= 0 && isOne ? sampleIn(contents, axis) : undefined;
  if (sample) return repeatedValue(name, sample, axis);
  return { name, type: { dtype: two.dtype, shape: shape as Dim[] }, batched: { kind: "each", contents } };
}

const sameElements = (a: Tensor, b: Tensor) => a.data.every((element, i) => Object.is(element, b.data[i]));

function sizesFrom(name: string, two: Tensor, three: Tensor): Value | undefined {
  if (two.dtype !== "int64" && two.dtype !== "int32") return undefined;
  const [low = [], high = []] = [two, three].map(({ data }) => Array.from(data as ArrayLike<number | bigint>, Number));
  const dims = low.map((element, i) => sizeOf(element, high[i] ?? 0));
  return dims.some((dim) => dim === undefined) ? undefined : dimsValue(name, two.shape, dims as Dim[], two.dtype);
}

/** What is `two` for a batch of two and `three` for one of three: a number, or a multiple of the batch. */
function sizeOf(two: number, three: number): Dim | undefined {
  if (two === three) return two;
  const factor = three - two;
  return factor > 0 && two === 2 * factor ? multiplyDims([BATCH, factor]) : undefined;
}

/** The one sample that contents repeat along an axis; undefined where samples differ. */
function sampleIn(contents: readonly Tensor[], axis: number): Tensor | undefined {
  const samples = contents.flatMap((each) => samplesOf(each, axis));
  const [first] = samples;
  const isSame = first && samples.every((each) => sameElements(each, first));
  return isSame ? ({ ...first, data: first.data.slice() } as Tensor) : undefined;
}

function samplesOf(contents: Tensor, axis: number): readonly Tensor[] {
  const order = contents.shape.map((_, i) => i).filter((i) => i !== axis);
  const rows = axis === 0 ? contents : transposed(contents, [axis, ...order]);
  const count = contents.shape[axis] ?? 0;
  const size = rows.data.length / count;
  const shape = contents.shape.with(axis, 1);
  return Array.from({ length: count }, (_, i) => {
    return { ...contents, shape, data: rows.data.subarray(i * size, (i + 1) * size) } as Tensor;
  });
}

/**
 * The sample of a value that is the same for the whole batch.
 * @throws {Refusal} for a value whose samples differ
 */
export function sampleOf({ name, batched }: Value): { readonly sample: Tensor; readonly axis: number } {
  if (batched?.kind !== "same") throw new Refusal(`"${name}" is not the same for every sample of the batch`);
  return batched;
}

/** A constant repeated to a shape with the open batch, as a value that is known; undefined where it is none or too large. */
export function repeatedConstant({ constant, name }: Value, shape: readonly Dim[]): Value | undefined {
  const lead = shape.length - (constant?.shape.length ?? 0);
  const sizes = shape.map((dim, i) => (dim === 1 || dim === BATCH ? (constant?.shape[i - lead] ?? 1) : dim));
  const axis = shape.indexOf(BATCH);
  const known = sizes.filter((size) => typeof size === "number");
  const isPlain = lead >= 0 && axis >= 0 && sizes[axis] === 1 && known.length === shape.length;
  if (!constant || !isPlain || shape.filter((dim) => dim === BATCH).length !== 1) return undefined;
  return elementCount(known) > MOST_ELEMENTS ? undefined : repeatedValue(name, broadcastTo(constant, known), axis);
}

/** The first of positions [batch, steps] that are known and count one by one, in each sample the same. */
export function countedFrom({ constant, batched, type }: Value): number | undefined {
  const steps = Number(type.shape.at(-1));
  const contents = constant ?? (batched?.kind === "same" ? batched.sample : undefined);
  if (!contents) return undefined;
  const first = Number(contents.data[0]);
  return contents.data.every((place, i) => Number(place) === first + (i % steps)) ? first : undefined;
}
