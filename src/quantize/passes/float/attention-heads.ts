import { multiplyDims } from "../../../ir/dim.js";
import type { Dim } from "../../../ir/graph.js";
import type { Pattern } from "./pattern.js";
import { repeatedHeads } from "./repeated-heads.js";
import { integersOf } from "./rewrite.js";
import { flatRotaryOf, type RotaryAngles, rotaryOf } from "./rotary-pattern.js";

/** Queries, keys or values of attention, as far back as the way to them is known. */
export interface Heads {
  /** [batch, steps, heads, size], or [batch, steps, heads * size]. */
  readonly source: string;
  readonly batch: Dim;
  readonly steps: Dim;
  readonly heads: number;
  readonly size: number;
  /** How many heads of queries share each. */
  readonly sharedBy: number;
  /** What the heads were multiplied by on the way. */
  readonly factor: number;
  /** The angles by which they were turned on the way. */
  readonly angles?: RotaryAngles;
}

/** What may lie on the way from heads to a product, beside Transposes and factors. */
export type Through = "all" | "none";

/**
 * Follows a value of rank 4 back through Transposes, products with a number and, where `through` is "all", rotary positions
 * and repeated heads, to [batch, steps, heads, size] or the Reshape that made it of [batch, steps, heads * size].
 * @param wanted where each dimension of [batch, steps, heads, size] must have gone
 */
export function headsOf(
  value: string,
  wanted: readonly number[],
  through: Through,
  pattern: Pattern,
): Heads | undefined {
  const way = wayTo(value, through, pattern);
  const shape = pattern.types.get(way.source)?.shape ?? [];
  const [batch = 1, steps = 1, heads, size] = shape;
  if (shape.length !== 4 || way.perm.join() !== wanted.join()) return undefined;
  if (typeof heads !== "number" || typeof size !== "number") return undefined;
  if (!way.places.every(({ axis, isOf }) => axis === isOf)) return undefined;
  const split = pattern.made(way.source, "Reshape");
  const before = pattern.types.get(split?.inputs[0] ?? "")?.shape;
  const whole = before?.length === 3 && before[0] === batch && before[1] === steps && before[2] === heads * size;
  const { sharedBy, factor } = way;
  const flat = whole ? (split?.inputs[0] ?? "") : undefined;
  const turned =
    flat !== undefined && through === "all" && !way.angles ? flatRotaryOf(flat, heads, pattern) : undefined;
  const angles = way.angles ?? turned?.tables;
  return {
    source: turned?.x ?? flat ?? way.source,
    ...{ batch, steps, heads, size, sharedBy, factor },
    ...(angles ? { angles } : {}),
  };
}

/** Axes of [batch, steps, heads, size]. */
const [STEPS, HEADS, SIZE] = [1, 2, 3];

interface Way {
  readonly source: string;
  readonly perm: readonly number[];
  readonly factor: number;
  readonly sharedBy: number;
  readonly angles?: RotaryAngles;
  /** Axes on which something happened, as axes of the source, and those on which it must have happened. */
  readonly places: readonly { readonly axis: number; readonly isOf: number }[];
}

function wayTo(value: string, through: Through, pattern: Pattern): Way {
  let way: Way = { source: value, perm: [0, 1, 2, 3], factor: 1, sharedBy: 1, places: [] };
  for (;;) {
    const before = stepBack(way, pattern) ?? (through === "all" ? furtherBack(way, pattern) : undefined);
    if (!before) return way;
    way = before;
  }
}

function stepBack(way: Way, pattern: Pattern): Way | undefined {
  const moved = transposed(way.source, pattern) ?? transposedMatrices(way.source, pattern);
  if (moved) {
    const back = (axis: number) => moved.perm[axis] ?? axis;
    const places = way.places.map(({ axis, isOf }) => ({ axis: back(axis), isOf }));
    return { ...way, source: moved.x, perm: way.perm.map(back), places };
  }
  const node = pattern.made(way.source, "Mul", "Div");
  const [source = "", other] = node?.inputs ?? [];
  const number = pattern.scalar(other);
  if (!node || !number) return undefined;
  return { ...way, source, factor: node.opType === "Mul" ? way.factor * number : way.factor / number };
}

interface Moved {
  readonly x: string;
  readonly perm: readonly number[];
}

function transposed(value: string, pattern: Pattern): Moved | undefined {
  const node = pattern.made(value, "Transpose");
  const perm = node && integersOf(node, "perm");
  return perm && { x: node.inputs[0] ?? "", perm };
}

/** The last two axes swapped while those before them are one, as torch.onnx writes the keys of scaled_dot_product_attention. */
function transposedMatrices(value: string, pattern: Pattern): Moved | undefined {
  const shapeOf = (name: string | undefined): readonly Dim[] => pattern.types.get(name ?? "")?.shape ?? [];
  const apart = pattern.made(value, "Reshape");
  const turned = pattern.made(apart?.inputs[0], "Transpose");
  const together = pattern.made(turned?.inputs[0], "Reshape");
  const [x = ""] = together?.inputs ?? [];
  const [batch = 0, heads = 0, rows = 0, columns = 0, ...more] = shapeOf(x);
  const isFlat = shapeOf(turned?.inputs[0]).join() === [multiplyDims([batch, heads]), rows, columns].join();
  const isSame = shapeOf(value).join() === [batch, heads, columns, rows].join();
  if (!turned || more.length > 0 || integersOf(turned, "perm")?.join() !== "0,2,1" || !isFlat || !isSame)
    return undefined;
  return { x, perm: [0, 1, 3, 2] };
}

/** Turning and repeating can stand in either order, each once. */
function furtherBack(way: Way, pattern: Pattern): Way | undefined {
  const turned = way.angles ? undefined : rotaryOf(way.source, pattern);
  if (turned) {
    const places = [...way.places, { axis: turned.axis, isOf: STEPS }, { axis: 3, isOf: SIZE }];
    return { ...way, source: turned.x, angles: turned.tables, places };
  }
  const repeated = way.sharedBy === 1 ? repeatedHeads(way.source, pattern) : undefined;
  if (!repeated) return undefined;
  const places = [...way.places, { axis: repeated.axis, isOf: HEADS }];
  return { ...way, source: repeated.x, sharedBy: repeated.times, places };
}
