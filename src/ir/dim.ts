import type { Dim } from "./graph.js";

/**
 * Arithmetic of sizes that may be open. An open size is a symbol ("batch") or a product of a number and symbols,
 * written "8*batch" and always in that canonical form, so that equal sizes are equal strings. Sums of unlike sizes
 * become a new symbol, "(batch+3)".
 */
interface Product {
  readonly factor: number;
  /** Sorted. */
  readonly symbols: readonly string[];
}

function productOf(dim: Dim): Product {
  if (typeof dim === "number") return { factor: dim, symbols: [] };
  const parts = splitProduct(dim);
  const [first = ""] = parts;
  if (/^\d+$/.test(first)) return { factor: Number(first), symbols: parts.slice(1) };
  return { factor: 1, symbols: parts };
}

/** Splits at "*" outside parentheses. */
function splitProduct(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "(") depth++;
    else if (text[i] === ")") depth--;
    else if (text[i] === "*" && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...parts, text.slice(start)];
}

function toDim({ factor, symbols }: Product): Dim {
  if (factor === 0 || symbols.length === 0) return factor;
  return [...(factor === 1 ? [] : [String(factor)]), ...[...symbols].sort()].join("*");
}

/** The product of sizes; 1 for none. */
export function multiplyDims(dims: readonly Dim[]): Dim {
  const products = dims.map(productOf);
  return toDim({
    factor: products.reduce((product, p) => product * p.factor, 1),
    symbols: products.flatMap((p) => p.symbols),
  });
}

/** `a / b` when it is exact whatever the symbols stand for, else undefined. */
export function divideDims(a: Dim, b: Dim): Dim | undefined {
  const over = productOf(a);
  const under = productOf(b);
  if (under.factor === 0 || over.factor % under.factor !== 0) return undefined;
  const symbols = [...over.symbols];
  for (const symbol of under.symbols) {
    const at = symbols.indexOf(symbol);
    if (at < 0) return undefined;
    symbols.splice(at, 1);
  }
  return toDim({ factor: over.factor / under.factor, symbols });
}

/** The sum of two sizes. */
export function addDims(a: Dim, b: Dim): Dim {
  const x = productOf(a);
  const y = productOf(b);
  if (x.symbols.join("*") === y.symbols.join("*")) return toDim({ ...x, factor: x.factor + y.factor });
  if (x.factor === 0) return b;
  if (y.factor === 0) return a;
  return `(${[a, b].map(String).sort().join("+")})`;
}

/**
 * The common size of two under broadcasting. An open size beside a number > 1 is taken to be that number, as ONNX does.
 * `undefined` when they cannot go together.
 */
export function broadcastDim(a: Dim, b: Dim): Dim | undefined {
  if (a === b || b === 1) return a;
  if (a === 1) return b;
  if (typeof a === "number" && typeof b === "string") return a;
  if (typeof b === "number" && typeof a === "string") return b;
  return undefined;
}

/** The common shape of several under broadcasting; `undefined` when they do not go together. */
export function broadcastAll(shapes: readonly (readonly Dim[])[]): Dim[] | undefined {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const result: Dim[] = new Array<Dim>(rank).fill(1);
  for (const shape of shapes) {
    const lead = rank - shape.length;
    for (const [i, dim] of shape.entries()) {
      const common = broadcastDim(result[lead + i] ?? 1, dim);
      if (common === undefined) return undefined;
      result[lead + i] = common;
    }
  }
  return result;
}

/** "[batch, 4, 4, 8]", for messages. */
export function showShape(shape: readonly Dim[]): string {
  return `[${shape.join(", ")}]`;
}

/** The number a size stands for under `bindings`, or undefined when a symbol of it is not bound. */
export function evaluateDim(dim: Dim, bindings: ReadonlyMap<string, number>): number | undefined {
  if (typeof dim === "number") return dim;
  const whole = bindings.get(dim);
  if (whole !== undefined) return whole;
  const { factor, symbols } = productOf(dim);
  let value = factor;
  for (const symbol of symbols) {
    const bound = bindings.get(symbol);
    if (bound === undefined) return undefined;
    value *= bound;
  }
  return value;
}
