import type { Graph, Node, ValueType } from "../../../ir/graph.js";
import { inferTypes } from "../../../ir/infer.js";
import type { Tensor } from "../../../tensor/tensor.js";
import { isReadOnce, scalarOf, type Uses, usesOf } from "./rewrite.js";

/** Questions that a pass asks while it looks for a pattern of nodes; the answers hold for one graph. */
export interface Pattern {
  readonly graph: Graph;
  readonly uses: Uses;
  readonly types: ReadonlyMap<string, ValueType>;
  /** The node of ONNX's own domain that makes a value, if it is one of these operators. */
  made(value: string | undefined, ...opTypes: readonly string[]): Node | undefined;
  /** The same, if nothing but the pattern's next node reads the value. */
  only(value: string | undefined, ...opTypes: readonly string[]): Node | undefined;
  constant(value: string | undefined): Tensor | undefined;
  /** The one number that a constant of one element holds. */
  scalar(value: string | undefined): number | undefined;
  /** Both operands of a node of two, in either order: the first for which `take` answers, and its answer. */
  either<T>(node: Node, take: (operand: string, other: string) => T | undefined): T | undefined;
}

/** Looks once through a graph. */
export function patternOf(graph: Graph): Pattern {
  const uses = usesOf(graph);
  const made: Pattern["made"] = (value, ...opTypes) => {
    const node = uses.producers.get(value ?? "");
    return node?.domain === "" && opTypes.includes(node.opType) && node.outputs[0] === value ? node : undefined;
  };
  const constant = (value: string | undefined) => graph.initializers.get(value ?? "");
  return {
    graph,
    uses,
    types: inferTypes(graph),
    made,
    only: (value, ...opTypes) => (isReadOnce(uses, value ?? "") ? made(value, ...opTypes) : undefined),
    constant,
    scalar: (value) => scalarOf(constant(value)),
    either(node, take) {
      const [a = "", b = ""] = node.inputs;
      return take(a, b) ?? take(b, a);
    },
  };
}

/** A product: a number times values. */
export interface Factors {
  readonly factor: number;
  readonly values: readonly string[];
}

/**
 * Takes a value apart into the factors of its product, through Mul, Div by a number and Neg whose results nothing else
 * reads. The value itself may be read by several.
 */
export function factorsOf(value: string, pattern: Pattern, root = true): Factors {
  const node = (root ? pattern.made : pattern.only)(value, "Mul", "Div", "Neg");
  const whole: Factors = { factor: 1, values: [value] };
  const constant = pattern.scalar(value);
  if (constant !== undefined) return { factor: constant, values: [] };
  if (!node) return whole;
  const [first, second] = node.inputs.map((input) => factorsOf(input, pattern, false));
  if (!first) return whole;
  if (node.opType === "Neg") return { factor: -first.factor, values: first.values };
  if (!second) return whole;
  if (node.opType === "Mul")
    return { factor: first.factor * second.factor, values: [...first.values, ...second.values] };
  return second.values.length === 0 ? { factor: first.factor / second.factor, values: first.values } : whole;
}

/** Coefficients of 1, x, x^2 ..., shortest form. */
type Polynomial = readonly number[];

const MAX_DEGREE = 3;

/** A value as a polynomial in `x` of degree 3 at most, through Add, Sub, Mul, Div by a number and Pow; else undefined. */
export function polynomialOf(value: string, x: string, pattern: Pattern): Polynomial | undefined {
  if (value === x) return [0, 1];
  const constant = pattern.scalar(value);
  if (constant !== undefined) return [constant];
  const node = pattern.made(value, "Add", "Sub", "Mul", "Div", "Pow", "Neg");
  const [a, b] = node?.inputs ?? [];
  const left = node && polynomialOf(a ?? "", x, pattern);
  if (!node || !left) return undefined;
  if (node.opType === "Neg") return left.map((c) => -c);
  const right = polynomialOf(b ?? "", x, pattern);
  return right && combined(node.opType, left, right);
}

function combined(opType: string, a: Polynomial, b: Polynomial): Polynomial | undefined {
  const at = (p: Polynomial, i: number) => p[i] ?? 0;
  const longer = Array.from({ length: Math.max(a.length, b.length) }, (_, i) => i);
  switch (opType) {
    case "Add":
      return longer.map((i) => at(a, i) + at(b, i));
    case "Sub":
      return longer.map((i) => at(a, i) - at(b, i));
    case "Div":
      return b.length === 1 ? a.map((c) => c / at(b, 0)) : undefined;
    case "Pow":
      return b.length === 1 ? power(a, at(b, 0)) : undefined;
    default:
      return product(a, b);
  }
}

function product(a: Polynomial, b: Polynomial): Polynomial | undefined {
  const result = new Array<number>(a.length + b.length - 1).fill(0);
  for (const [i, x] of a.entries()) for (const [j, y] of b.entries()) result[i + j] = (result[i + j] ?? 0) + x * y;
  return result.length - 1 <= MAX_DEGREE ? result : undefined;
}

function power(a: Polynomial, exponent: number): Polynomial | undefined {
  if (![1, 2, 3].includes(exponent)) return undefined;
  let result: Polynomial | undefined = a;
  for (let i = 1; i < exponent; i++) result = result && product(result, a);
  return result;
}

/** Whether two numbers are the same to what float32 and texts of 7 digits keep. */
export function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= 2e-6 * Math.max(1e-3, Math.abs(b));
}
