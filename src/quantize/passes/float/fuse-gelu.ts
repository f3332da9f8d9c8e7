import type { Attribute, Domain, Node, Pass } from "../../../ir/graph.js";
import { factorsOf, near, type Pattern, patternOf, polynomialOf } from "./pattern.js";
import { draftOf } from "./rewrite.js";

/**
 * GELU written out becomes one node, in its erf and its tanh form; x * sigmoid(alpha x) behind a dense layer becomes
 * QuickGelu (alpha 1: SiLU). Measured on 128 x 3072 values: Gelu 0.49 ms for 0.67 ms written out, QuickGelu 0.30 for 0.68.
 * Behind a convolution x * sigmoid(x) stays, for there static int8 computes it on codes.
 */
export const fuseGelu: Pass = {
  name: "fuse-gelu",
  summary: "one node for GELU and, behind dense layers, for SiLU",
  run(graph) {
    const pattern = patternOf(graph);
    const draft = draftOf(graph, pattern.uses);
    for (const node of graph.nodes) {
      if (node.domain !== "" || !["Mul", "Div"].includes(node.opType)) continue;
      const found = gelu(node, pattern) ?? silu(node, pattern);
      if (found) draft.change(node, { ...found, inputs: [found.x] });
    }
    return draft.done();
  },
};

interface Activation {
  readonly x: string;
  readonly opType: string;
  readonly domain: Domain;
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** 0.5 x (1 + erf(x / sqrt 2)), or 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))). */
function gelu(node: Node, pattern: Pattern): Activation | undefined {
  const { factor, values } = factorsOf(node.outputs[0] ?? "", pattern);
  if (values.length !== 2 || !near(factor, 0.5)) return undefined;
  for (const [x, sum] of [values, values.toReversed()] as [string, string][]) {
    const add = pattern.only(sum, "Add");
    const curve =
      add && pattern.either(add, (a, b) => (pattern.scalar(b) === 1 ? pattern.only(a, "Erf", "Tanh") : undefined));
    const inner = curve && polynomialOf(curve.inputs[0] ?? "", x, pattern);
    if (!curve || !inner) continue;
    const tanh = Math.sqrt(2 / Math.PI);
    const wanted = curve.opType === "Erf" ? [0, Math.SQRT1_2] : [0, tanh, 0, 0.044715 * tanh];
    if (!same(inner, wanted)) continue;
    return { x, opType: "Gelu", domain: "", attributes: curve.opType === "Erf" ? {} : { approximate: "tanh" } };
  }
  return undefined;
}

function same(found: readonly number[], wanted: readonly number[]): boolean {
  const length = Math.max(found.length, wanted.length);
  return Array.from({ length }, (_, i) => near(found[i] ?? 0, wanted[i] ?? 0)).every(Boolean);
}

function silu(node: Node, pattern: Pattern): Activation | undefined {
  const { factor, values } = factorsOf(node.outputs[0] ?? "", pattern);
  if (values.length !== 2 || factor !== 1) return undefined;
  for (const [x, gate] of [values, values.toReversed()] as [string, string][]) {
    const sigmoid = pattern.only(gate, "Sigmoid");
    const inner = sigmoid && polynomialOf(sigmoid.inputs[0] ?? "", x, pattern);
    if (!inner || inner.length > 2 || inner[0] !== 0 || !fromDense(x, pattern)) continue;
    return { x, opType: "QuickGelu", domain: "com.microsoft", attributes: { alpha: inner[1] ?? 1 } };
  }
  return undefined;
}

/** Whether a value comes from a product with a constant matrix, with or without its bias, of all rows in one dimension or not. */
function fromDense(shaped: string, pattern: Pattern): boolean {
  const value = pattern.made(shaped, "Reshape")?.inputs[0] ?? shaped;
  const add = pattern.made(value, "Add");
  const bias = add?.inputs.find((input) => pattern.constant(input));
  const product = bias === undefined ? value : add?.inputs.find((input) => input !== bias);
  const dense = pattern.made(product, "MatMul", "Gemm");
  return dense !== undefined && pattern.constant(dense.inputs[1]) !== undefined;
}
