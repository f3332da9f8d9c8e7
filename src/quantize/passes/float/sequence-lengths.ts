import type { Dim, Graph, Node, ValueType } from "../../../ir/graph.js";
import { codeOfDType } from "../../../ir/operators/element-type.js";
import { type Tensor, tensorFrom } from "../../../tensor/tensor.js";

/** What is added to a graph to say how long its sequences are. */
export interface Lengths {
  /** int32 [batch]: steps less one. */
  readonly last: string;
  /** int32 []: steps. */
  readonly total: string;
  readonly nodes: readonly Node[];
  readonly constants: ReadonlyMap<string, Tensor>;
}

/**
 * The inputs seqlens_k and total_sequence_length of GroupQueryAttention, where every sequence of the batch has `steps`
 * steps. With an open batch the lengths are computed from a value of that batch: the first element of each sample, the
 * place of the largest of that one (0), and the steps added; whatever the values are, NaN included, that gives 0.
 * @param like a value [batch, ...] with at least two dimensions
 */
export function sequenceLengths(like: string, type: ValueType, steps: number, free: (wish: string) => string): Lengths {
  const [batch = 1, ...others] = type.shape;
  const constants = new Map<string, Tensor>();
  const constant = (wish: string, value: Tensor) => {
    const name = free(wish);
    constants.set(name, value);
    return name;
  };
  const int32 = (wish: string, shape: number[], values: number[]) => constant(wish, tensorFrom("int32", shape, values));
  const int64 = (wish: string, values: number[]) => constant(wish, tensorFrom("int64", [values.length], values));
  const total = int32("attention/steps", [], [steps]);
  if (typeof batch === "number") {
    const last = int32("attention/last_step", [batch], new Array<number>(batch).fill(steps - 1));
    return { last, total, nodes: [], constants };
  }
  const nodes: Node[] = [];
  const step = (opType: string, inputs: readonly string[], attributes: Node["attributes"] = {}) => {
    const name = free(`attention/${opType}`);
    nodes.push({ name, opType, domain: "", inputs, outputs: [name], attributes });
    return name;
  };
  const axes = others.map((_, i) => i + 1);
  const corner = step("Slice", [
    like,
    int64(
      "attention/starts",
      axes.map(() => 0),
    ),
    int64(
      "attention/ends",
      axes.map(() => 1),
    ),
    int64("attention/axes", axes),
  ]);
  const column = others.length === 1 ? corner : step("Reshape", [corner, int64("attention/column", [-1, 1])]);
  const zeros = step("ArgMax", [column], { axis: 1, keepdims: 0 });
  const narrow = step("Cast", [zeros], { to: codeOfDType("int32") });
  const last = step("Add", [narrow, int32("attention/last_step", [], [steps - 1])]);
  return { last, total, nodes, constants };
}

/** The input of a graph whose samples can stand for a batch: one of that size with at least two dimensions. */
export function inputOfBatch(graph: Graph, batch: Dim): string | undefined {
  return graph.inputs.find(({ type }) => type.shape[0] === batch && type.shape.length > 1)?.name;
}
