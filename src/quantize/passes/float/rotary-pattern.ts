import type { Node } from "../../../ir/graph.js";
import type { Tensor } from "../../../tensor/tensor.js";
import { lastPart } from "./last-axis.js";
import type { Pattern } from "./pattern.js";

/** Rotary positions that are written out: each pair (a, b) of a head's elements becomes (a cos - b sin, b cos + a sin). */
export interface Rotary {
  /** What is turned, of rank 4 with the elements of a head last. */
  readonly x: string;
  /** Which axis of it has the steps. */
  readonly axis: number;
  readonly tables: RotaryAngles;
}

/** Cosines and sines [steps, pairs], row-major. */
export interface RotaryAngles {
  readonly steps: number;
  readonly pairs: number;
  readonly cos: Float32Array;
  readonly sin: Float32Array;
  /** Whether a pair is two neighbours, or an element and the one half a head on. */
  readonly interleaved: boolean;
}

/**
 * The rotary positions that end at a value: `x cos + turned(x) sin`, where turned(x) is (-b, a), or both halves by themselves;
 * of whole heads or of their first elements. Only with constant angles that are the same for both elements of a pair.
 */
export function rotaryOf(value: string, pattern: Pattern): Rotary | undefined {
  const known = operatorOf(value, 4, pattern);
  return known ? { ...known, axis: 2 } : (wholeOf(value, pattern) ?? partsOf(value, pattern) ?? leadOf(value, pattern));
}

/** The first elements of a head turned, and the others behind them as they are. */
function leadOf(value: string, pattern: Pattern): Rotary | undefined {
  const { first, second, interleaved } = pairsOf(value, pattern) ?? {};
  const rest = second === undefined || interleaved ? undefined : lastPart(second, pattern);
  const turned = rest && (wholeOf(first ?? "", pattern) ?? partsOf(first ?? "", pattern));
  const lead = turned && lastPart(turned.x, pattern);
  if (!rest || !turned || lead?.x !== rest.x) return undefined;
  const size = pattern.types.get(rest.x)?.shape[3];
  const fits = lead.from === 0 && lead.to === rest.from && rest.to === size && lead.step === 1 && rest.step === 1;
  return fits ? { ...turned, x: rest.x } : undefined;
}

/** The same by the operator that does it, on heads side by side: [batch, steps, heads * size]. */
export function flatRotaryOf(value: string, heads: number, pattern: Pattern): Omit<Rotary, "axis"> | undefined {
  const known = operatorOf(value, 3, pattern);
  const width = pattern.types.get(value)?.shape[2];
  return known && width === heads * known.tables.pairs * 2 ? known : undefined;
}

/** onnxruntime's RotaryEmbedding of whole heads, where positions count from a first one. */
function operatorOf(value: string, rank: 3 | 4, pattern: Pattern): Omit<Rotary, "axis"> | undefined {
  const node = pattern.uses.producers.get(value);
  if (node?.domain !== "com.microsoft" || node.opType !== "RotaryEmbedding") return undefined;
  const [x = "", ids, ...tables] = node.inputs;
  const shape = pattern.types.get(x)?.shape ?? [];
  const steps = shape[rank === 3 ? 1 : 2];
  const first = pattern.scalar(ids);
  const [cos, sin] = tables.map((name) => pattern.constant(name));
  const [rows = 0, pairs = 0] = cos?.shape ?? [];
  const heads = Number(node.attributes.num_heads ?? 0);
  const isWhole = rank === 4 ? shape[3] === 2 * pairs : heads === 0 || shape[2] === heads * 2 * pairs;
  if (shape.length !== rank || typeof steps !== "number" || first === undefined || !isWhole) return undefined;
  if (!(cos?.data instanceof Float32Array) || !(sin?.data instanceof Float32Array) || first + steps > rows)
    return undefined;
  const [from, to] = [first * pairs, (first + steps) * pairs];
  const interleaved = node.attributes.interleaved === 1;
  return { x, tables: { steps, pairs, cos: cos.data.slice(from, to), sin: sin.data.slice(from, to), interleaved } };
}

/** Whether two values are turned by the same angles. */
export function sameAngles(a: RotaryAngles | undefined, b: RotaryAngles | undefined): boolean {
  if (!a || !b) return a === b;
  const same = (x: Float32Array, y: Float32Array) => x.length === y.length && x.every((each, i) => each === y[i]);
  return a.interleaved === b.interleaved && a.steps === b.steps && same(a.cos, b.cos) && same(a.sin, b.sin);
}

/** x cos + (-b, a) sin */
function wholeOf(value: string, pattern: Pattern): Rotary | undefined {
  const sum = pattern.made(value, "Add");
  return (
    sum &&
    pattern.either(sum, (left, right) => {
      const [plain, turned] = [pattern.made(left, "Mul"), pattern.made(right, "Mul")];
      if (!plain || !turned) return undefined;
      return pattern.either(plain, (x, cos) =>
        pattern.either(turned, (other, sin) => {
          const pairs = pattern.constant(cos) && pattern.constant(sin) && pairsOf(other, pattern);
          if (!pairs || lastPart(pairs.second, pattern)?.x !== x) return undefined;
          const { first, second, interleaved } = pairs;
          const isTurned = negated(first, pattern);
          if (isTurned === undefined || !arePair(second, isTurned, x, interleaved, pattern)) return undefined;
          return turnedBy(x, [cos, sin], interleaved, "both", pattern);
        }),
      );
    })
  );
}

/** (a cos - b sin, b cos + a sin), each by itself. */
function partsOf(value: string, pattern: Pattern): Rotary | undefined {
  const pairs = pairsOf(value, pattern);
  const [real, imaginary] = [pattern.made(pairs?.first, "Sub"), pattern.made(pairs?.second, "Add")];
  const [ac, bs] = (real?.inputs ?? []).map((input) => pattern.made(input, "Mul"));
  if (!pairs || !imaginary || !ac || !bs) return undefined;
  return pattern.either(ac, (a, cos) =>
    pattern.either(bs, (b, sin) => {
      const x = lastPart(a, pattern)?.x;
      const known = pattern.constant(cos) && pattern.constant(sin);
      if (!known || x === undefined || !arePair(a, b, x, pairs.interleaved, pattern)) return undefined;
      const turned = pattern.either(imaginary, (left, right) => {
        const isFirst = isProduct(left, b, cos, pattern) && isProduct(right, a, sin, pattern);
        return isFirst ? true : undefined;
      });
      return turned && turnedBy(x, [cos, sin], pairs.interleaved, "one", pattern);
    }),
  );
}

function isProduct(value: string, factor: string, table: string, pattern: Pattern): boolean {
  const product = pattern.made(value, "Mul");
  const found =
    product &&
    pattern.either(product, (left, right) => {
      const [wanted, own] = [pattern.constant(table), pattern.constant(right)];
      const same =
        own &&
        wanted &&
        own.shape.join() === wanted.shape.join() &&
        own.data.every((each, i) => each === wanted.data[i]);
      return same && left === factor ? true : undefined;
    });
  return found ?? false;
}

/** -x of Neg, or of a product with -1. */
function negated(value: string, pattern: Pattern): string | undefined {
  const node = pattern.made(value, "Neg", "Mul");
  if (node?.opType !== "Mul") return node?.inputs[0];
  return pattern.either(node, (x, other) => (pattern.scalar(other) === -1 ? x : undefined));
}

/** Two values that lie behind each other in heads, or one element of each in turn. */
interface Pairs {
  readonly first: string;
  readonly second: string;
  readonly interleaved: boolean;
}

function pairsOf(value: string, pattern: Pattern): Pairs | undefined {
  const rank = pattern.types.get(value)?.shape.length;
  const whole = pattern.made(value, "Concat", "Reshape");
  if (rank !== 4 || !whole) return undefined;
  if (whole.opType === "Concat") {
    const [first, second, ...others] = whole.inputs;
    const fits = first !== undefined && second !== undefined && others.length === 0 && isLast(whole, rank);
    return fits ? { first, second, interleaved: false } : undefined;
  }
  const columns = pattern.made(whole.inputs[0], "Concat");
  const shape = pattern.types.get(whole.inputs[0] ?? "")?.shape ?? [];
  if (columns?.inputs.length !== 2 || shape.length !== 5 || !isLast(columns, 5)) return undefined;
  const before = pattern.types.get(value)?.shape ?? [];
  const fits = shape[4] === 2 && shape.slice(0, 3).every((size, i) => size === before[i]);
  const [first, second] = columns.inputs.map((input) => {
    const column = pattern.made(input, "Unsqueeze");
    return pattern.types.get(input)?.shape[4] === 1 ? column?.inputs[0] : undefined;
  });
  return fits && first !== undefined && second !== undefined ? { first, second, interleaved: true } : undefined;
}

const isLast = ({ attributes }: Node, rank: number): boolean => attributes.axis === -1 || attributes.axis === rank - 1;

/** Whether two values are the first and the second elements of all pairs of `x`. */
function arePair(first: string, second: string, x: string, interleaved: boolean, pattern: Pattern): boolean {
  const [a, b] = [lastPart(first, pattern), lastPart(second, pattern)];
  const size = pattern.types.get(x)?.shape[3];
  if (!a || !b || a.x !== x || b.x !== x || typeof size !== "number" || size % 2 !== 0) return false;
  if (interleaved)
    return a.from === 0 && b.from === 1 && a.step === 2 && b.step === 2 && b.to >= size && a.to >= size - 1;
  const half = size / 2;
  return a.step === 1 && b.step === 1 && a.from === 0 && a.to === half && b.from === half && b.to === size;
}

/**
 * The angles, where they are one table of steps.
 * @param columns whether tables have a column for both elements of a pair, or for one
 */
function turnedBy(
  x: string,
  names: readonly [cos: string, sin: string],
  interleaved: boolean,
  columns: "both" | "one",
  pattern: Pattern,
): Rotary | undefined {
  const shape = pattern.types.get(x)?.shape ?? [];
  const size = shape[3];
  if (shape.length !== 4 || typeof size !== "number") return undefined;
  const pairs = size / 2;
  const width = columns === "both" ? size : pairs;
  const [cos, sin] = names.map((name) => rowsOf(pattern.constant(name), width));
  if (!cos || !sin || cos.axis !== sin.axis || cos.steps !== sin.steps) return undefined;
  const axis = 4 - cos.axis;
  if (shape[axis] !== cos.steps) return undefined;
  const [cosines, sines] = [cos, sin].map(({ data }) =>
    columns === "one" ? data : onePerPair(data, pairs, interleaved),
  );
  return cosines && sines
    ? { x, axis, tables: { steps: cos.steps, pairs, cos: cosines, sin: sines, interleaved } }
    : undefined;
}

interface Rows {
  readonly data: Float32Array;
  readonly steps: number;
  /** Place of the steps, counted from the end. */
  readonly axis: number;
}

/** A constant with one row of `width` for each step, and nothing else. */
function rowsOf(table: Tensor | undefined, width: number): Rows | undefined {
  if (!(table?.data instanceof Float32Array) || table.shape.at(-1) !== width) return undefined;
  const places = table.shape.slice(0, -1).flatMap((size, i) => (size === 1 ? [] : [i]));
  const [place] = places;
  if (places.length !== 1 || place === undefined) return undefined;
  return { data: table.data, steps: table.shape[place] ?? 0, axis: table.shape.length - place };
}

/** The first columns of each pair; undefined where the second ones differ. */
function onePerPair(data: Float32Array, pairs: number, interleaved: boolean): Float32Array | undefined {
  const [first, second] = interleaved ? [2, 1] : [1, pairs];
  const rows = data.length / (2 * pairs);
  const table = new Float32Array(rows * pairs);
  for (let row = 0; row < rows; row++) {
    for (let pair = 0; pair < pairs; pair++) {
      const at = row * 2 * pairs + pair * first;
      const angle = data[at] as number;
      if (angle !== data[at + second]) return undefined;
      table[row * pairs + pair] = angle;
    }
  }
  return table;
}
