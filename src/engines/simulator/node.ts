import type { ValueType } from "../../ir/graph.js";
import type { Attributes, TensorInputs } from "../../ir/operators/define.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { KernelMemory } from "./memory.js";

/**
 * In what width the products of a pair of neighbouring codes are added. "int32" is exact: VNNI, and every engine by
 * definition. "int16" saturates, as VPMADDUBSW does in kernels for CPUs without VNNI.
 */
export type PairSums = "int32" | "int16";

/** What a kernel knows of its node when the graph is loaded. */
export interface NodeContext {
  readonly opType: string;
  /** Complete with defaults. */
  readonly attributes: Attributes;
  /** The inputs whose values are known; undefined for the others and for absent ones. */
  readonly constants: TensorInputs;
  /** Type of each input; undefined for absent ones. */
  readonly types: readonly (ValueType | undefined)[];
  /** Whether anybody reads each output. */
  readonly used: readonly boolean[];
  /** The operator itself, slow and plain, for what a kernel does not take. */
  readonly plain: RunNode;
  readonly memory: KernelMemory;
  readonly pairSums: PairSums;
  /** Counts pair sums that saturated in this node. */
  readonly saturated: (count: number) => void;
}

/** Runs a node on tensors that inference has checked. Outputs that nobody reads may be left out. */
export type RunNode = (inputs: TensorInputs) => readonly (Tensor | undefined)[];

/** Prepares a node; undefined when it is one that the operator's plain meaning must run. */
export type PrepareNode = (context: NodeContext) => RunNode | undefined;

/** Whether an input needs no run to be known: it is a constant, or absent. */
export function isKnown({ constants, types }: NodeContext, index: number): boolean {
  return constants[index] !== undefined || types[index] === undefined;
}
