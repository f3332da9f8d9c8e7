import { seededRandom } from "../../../src/base/random.js";
import { graphBuilder } from "../../../src/ir/builder.js";
import type { Attribute, Domain, Graph } from "../../../src/ir/graph.js";
import { verify } from "../../../src/ir/verify.js";
import { type DType, elementCount, type Tensor, tensorFrom } from "../../../src/tensor/tensor.js";

/** An operand of the node under test: fed at run time, or an initializer. */
export type Operand = { readonly fed: Tensor } | { readonly constant: Tensor };

/** How far two answers may lie apart. */
export type Tolerance =
  | "exact"
  /** Codes that may differ by one where another engine rounds in another order; `share` of the elements at most. */
  | { readonly steps: 1; readonly share: number }
  /** Relative to the largest magnitude of the answer. */
  | { readonly relative: number };

/** One node with operands and what is expected of its answer: the same as another engine's, within the tolerance. */
export interface OperatorCase {
  readonly title: string;
  readonly opType: string;
  readonly domain?: Domain;
  readonly inputs: readonly (Operand | undefined)[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** 1 unless said. */
  readonly outputs?: number;
  readonly tolerance: Tolerance;
  /** Why onnxruntime-node cannot be asked. */
  readonly noRuntime?: string;
  /** Why Python's onnx reference evaluator cannot be asked: it lacks the operator, or has a known fault. */
  readonly noReference?: string;
}

export const float5: Tolerance = { relative: 1e-5 };

export const fed = (t: Tensor): Operand => ({ fed: t });
export const constant = (t: Tensor): Operand => ({ constant: t });

/** Normal values times `scale`, float32. */
export function normal(seed: number, shape: readonly number[], scale = 1): Tensor<"float32"> {
  const random = seededRandom(seed);
  const values = Array.from({ length: elementCount(shape) }, () => random.normal() * scale);
  return tensorFrom("float32", shape, values);
}

/** Uniform values in [low, high), float32. */
export function uniform(seed: number, shape: readonly number[], low: number, high: number): Tensor<"float32"> {
  const random = seededRandom(seed);
  const values = Array.from({ length: elementCount(shape) }, () => low + (high - low) * random.next());
  return tensorFrom("float32", shape, values);
}

/** Uniform integers in [low, high], both included. */
export function integers<D extends DType>(
  seed: number,
  dtype: D,
  shape: readonly number[],
  low: number,
  high: number,
): Tensor<D> {
  const random = seededRandom(seed);
  return tensorFrom(
    dtype,
    shape,
    Array.from({ length: elementCount(shape) }, () => random.integer(low, high)),
  );
}

export const floats = (values: readonly number[], shape: readonly number[] = [values.length]) =>
  tensorFrom("float32", shape, values);
export const int64s = (values: readonly number[], shape: readonly number[] = [values.length]) =>
  tensorFrom("int64", shape, values);
export const scalar = (value: number, dtype: DType = "float32") => tensorFrom(dtype, [], [value]);

/** The graph of one node, verified, with the feeds for its inputs. */
export function graphOf(one: OperatorCase): { graph: Graph; feeds: Record<string, Tensor> } {
  const builder = graphBuilder("one-node");
  const feeds: Record<string, Tensor> = {};
  const inputs = one.inputs.map((operand, i) => {
    if (!operand) return undefined;
    if ("constant" in operand) return builder.constant(`c${i}`, operand.constant);
    feeds[`x${i}`] = operand.fed;
    return builder.input(`x${i}`, operand.fed.dtype, operand.fed.shape);
  });
  const outputs = builder.node(one.opType, inputs, one.attributes ?? {}, {
    name: "node",
    domain: one.domain ?? "",
    outputs: Array.from({ length: one.outputs ?? 1 }, (_, i) => `y${i}`),
  });
  return { graph: verify(builder.build(outputs), "in a test"), feeds };
}

/** Differences beyond the tolerance, as one line of text; undefined when the answers agree. */
export function disagreement(expected: Tensor, found: Tensor, tolerance: Tolerance): string | undefined {
  if (expected.dtype !== found.dtype || expected.shape.join() !== found.shape.join()) {
    return `${found.dtype} [${found.shape}] instead of ${expected.dtype} [${expected.shape}]`;
  }
  const wanted = Array.from(expected.data as ArrayLike<number | bigint>, Number);
  const got = Array.from(found.data as ArrayLike<number | bigint>, Number);
  const largest = wanted.reduce((max, v) => (Number.isFinite(v) ? Math.max(max, Math.abs(v)) : max), 1e-30);
  const differs = (i: number) => !Object.is(wanted[i], got[i]) && (wanted[i] ?? 0) - (got[i] ?? 0) !== 0;
  const wrong = wanted.map((_, i) => i).filter(differs);
  if (tolerance === "exact") return describeWrong(wrong, wanted, got);
  const limit = "steps" in tolerance ? 1 : tolerance.relative * largest;
  const beyond = wrong.filter((i) => !(Math.abs((wanted[i] ?? 0) - (got[i] ?? 0)) <= limit));
  if (beyond.length > 0) return describeWrong(beyond, wanted, got);
  if ("steps" in tolerance && wrong.length > tolerance.share * wanted.length) return describeWrong(wrong, wanted, got);
  return undefined;
}

function describeWrong(
  wrong: readonly number[],
  wanted: readonly number[],
  got: readonly number[],
): string | undefined {
  const [first] = wrong;
  if (first === undefined) return undefined;
  return `${wrong.length} of ${wanted.length} differ; element ${first} is ${got[first]} instead of ${wanted[first]}`;
}
