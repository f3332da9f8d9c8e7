import type { OpDefinition, OpFamily } from "../definition.js";
import { passings } from "./passing.js";

/** Every family of TensorFlow operators that has a decision. */
export const opFamilies: readonly OpFamily[] = [passings];

const byName = new Map(opFamilies.flatMap(({ ops }) => ops.map((definition) => [definition.op, definition])));

/** The definition of an operator, or undefined where none is known. */
export function opDefinition(op: string): OpDefinition | undefined {
  return byName.get(op);
}

/** The names of all operators, for "did you mean". */
export function opNames(): string[] {
  return [...byName.keys()].sort();
}
