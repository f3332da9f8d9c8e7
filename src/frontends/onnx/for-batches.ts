import { BATCH, type Dim } from "../../ir/graph.js";
import { atBatch, repeatedValue, sampleOf, valueFrom } from "./batched.js";
import { Refusal } from "./emitter.js";
import type { OnnxNode } from "./operator.js";
import { BATCHES, constantValue, type Value } from "./value.js";

/** Nodes that work on what the size of the batch alone decides. */

type Lower = (node: OnnxNode) => readonly Value[];

/** Operators that read the type of a value and not its contents. */
const typeReaders = new Set(["Shape", "Size"]);

/** Operators whose operands broadcast along the batch. */
const broadcasting = new Set(
  "Add Sub Mul Div Max Min Mean Sum Pow Mod Equal Greater Less GreaterOrEqual LessOrEqual And Or Xor Where PRelu".split(
    " ",
  ),
);

/** Operators that treat each element by itself, or each with those that it meets. */
const elementwise = new Set([
  ...broadcasting,
  ..."Cast Not Neg Abs Sqrt Reciprocal Exp Log Cos Sin Floor Clip IsNaN IsInf Identity".split(" "),
]);

/**
 * The outputs of a node all of whose inputs are known for every batch; undefined where one is not, or the outputs grow
 * with the batch in another way than by whole samples.
 * @param lower computes the node on constants
 */
export function computedForBatches(node: OnnxNode, lower: Lower): readonly Value[] | undefined {
  const hasBody = Object.values(node.attributes).some((value) => typeof value === "object" && "subgraph" in value);
  if (hasBody || node.inputs.length === 0 || (node.domain === "" && typeReaders.has(node.opType))) return undefined;
  try {
    return bySample(node, lower) ?? byBatch(node, lower);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/** Of elementwise operators on samples that repeat the one sample. */
function bySample(node: OnnxNode, lower: Lower): readonly Value[] | undefined {
  if (node.domain !== "" || !elementwise.has(node.opType)) return undefined;
  const places = node.inputs.flatMap((input) => {
    if (!input || (input.constant && input.batched === undefined)) return [];
    return [input.batched?.kind === "same" ? input.type.shape.length - input.batched.axis : undefined];
  });
  const [place] = places;
  if (place === undefined || places.some((each) => each !== place)) return undefined;
  // A constant that has a size of its own there decides on the samples, one by one.
  const isApart = (input: Value | undefined) => (input?.constant?.shape.at(-place) ?? 1) !== 1;
  if (node.inputs.some(isApart)) return undefined;
  const inputs = node.inputs.map((input) =>
    input?.batched?.kind === "same" ? constantValue(input.name, input.batched.sample) : input,
  );
  const outputs = lower({ ...node, inputs });
  return outputs.flatMap(({ name, constant }) =>
    constant ? [repeatedValue(name, constant, constant.shape.length - place)] : [],
  );
}

/** The whole node for two sizes of the batch. */
function byBatch(node: OnnxNode, lower: Lower): readonly Value[] | undefined {
  const results: (readonly Value[])[] = [];
  for (const i of BATCHES.keys()) {
    const inputs = node.inputs.map((input) => input && atBatch(input, i));
    if (node.inputs.some((input, at) => input && !inputs[at])) return undefined;
    results.push(lower({ ...node, inputs }));
  }
  const contents = (i: number) => results.flatMap((values) => values[i]?.constant ?? []);
  const outputs = (results[0] ?? []).map(({ name }, i) => valueFrom(name, contents(i)));
  return outputs.every((output) => output !== undefined) ? outputs : undefined;
}

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
  if (!inputs.some((input) => input?.batched)) return inputs;
  return inputs.map((input) => {
    if (!input?.batched) return input;
    const { sample, axis } = sampleOf(input);
    const { shape } = input.type;
    const isBatched = (other: Value | undefined) =>
      other && !other.batched && other.type.shape.at(axis - shape.length) === BATCH;
    const broadcasts = broadcasting.has(opType) || (opType === "MatMul" && axis < shape.length - 2);
    const fits = broadcasts && inputs.some(isBatched);
    return fits ? constantValue(input.name, sample) : repeat(constantValue(input.name, sample), shape);
  });
}
