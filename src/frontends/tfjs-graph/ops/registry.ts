import type { OpDefinition, OpFamily } from "../definition.js";
import { binaries } from "./binary.js";
import { comparisons } from "./comparison.js";
import { contractions } from "./contraction.js";
import { controls } from "./control.js";
import { convolutions } from "./convolution.js";
import { creations } from "./creating.js";
import { dynamics } from "./dynamic.js";
import { gatherings } from "./gathering.js";
import { images } from "./images.js";
import { joinings } from "./joining.js";
import { matMuls } from "./matmul.js";
import { withoutNumbers } from "./no-numbers.js";
import { normalizations } from "./normalization.js";
import { orderings } from "./ordering.js";
import { paddings } from "./padding.js";
import { passings } from "./passing.js";
import { poolings } from "./pooling.js";
import { reductions } from "./reduction.js";
import { shapings } from "./shaping.js";
import { slicings } from "./slicing.js";
import { unary } from "./unary.js";

/** Every family of TensorFlow operators that has a decision. */
export const opFamilies: readonly OpFamily[] = [
  passings,
  controls,
  convolutions,
  matMuls,
  poolings,
  normalizations,
  unary,
  binaries,
  shapings,
  slicings,
  joinings,
  paddings,
  gatherings,
  images,
  comparisons,
  reductions,
  orderings,
  contractions,
  creations,
  withoutNumbers,
  dynamics,
];

const byName = new Map(opFamilies.flatMap(({ ops }) => ops.map((definition) => [definition.op, definition])));

/** The definition of an operator, or undefined where none is known. */
export function opDefinition(op: string): OpDefinition | undefined {
  return byName.get(op);
}

/** The names of all operators, for "did you mean". */
export function opNames(): string[] {
  return [...byName.keys()].sort();
}
