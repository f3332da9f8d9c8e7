import { fail } from "../base/diagnostic.js";
import type { SplitSetting } from "../base/option.js";
import type { Labels, Splits } from "./dataset.js";
import { mixKey } from "./keys.js";

/**
 * Training and test samples, disjoint. Where labels are classes each class is split by itself (stratified), so that
 * both sides hold each class in proportion, to within one sample. Each side is listed in an order that the seed
 * decides: its first n samples are a fair draw.
 * @param keys one content key for each sample; order and seed follow from them, not from positions
 * @throws {DiagnosticError} `data-split-empty`
 */
export function splitSamples(keys: Float64Array, labels: Labels | undefined, setting: SplitSetting): Splits {
  const mixed = keys.map((key) => mixKey(key, setting.seed));
  const groups = groupsOf(keys.length, labels).map((group) => sortedBy(group, mixed));
  const sizes = groups.map((group) => group.length);
  const trainSizes = apportion(sizes, setting.train, sizes);
  const room = sizes.map((size, i) => size - (trainSizes[i] as number));
  const whole = setting.train + setting.test >= 1 - 1e-9;
  const testSizes = whole ? room : apportion(sizes, setting.test, room);
  const train = groups.flatMap((group, i) => group.slice(0, trainSizes[i]));
  const test = groups.flatMap((group, i) => {
    const from = trainSizes[i] as number;
    return group.slice(from, from + (testSizes[i] as number));
  });
  for (const [split, indices] of [["train", train] as const, ["test", test] as const]) {
    if (indices.length === 0) {
      fail("data-split-empty", { split, samples: keys.length, fraction: setting[split] });
    }
  }
  return { train: Int32Array.from(sortedBy(train, mixed)), test: Int32Array.from(sortedBy(test, mixed)) };
}

/** Sizes of the two splits. */
export interface SplitSizes {
  readonly train: number;
  readonly test: number;
}

/** How many samples `splitSamples` and `limitSplits` leave on each side, known before any sample is read. */
export function splitSizes(size: number, setting: SplitSetting, limit: number | undefined): SplitSizes {
  const train = Math.floor(size * setting.train + 1e-9);
  const whole = setting.train + setting.test >= 1 - 1e-9;
  return limited({ train, test: whole ? size - train : Math.floor(size * setting.test + 1e-9) }, limit);
}

function limited(sizes: SplitSizes, limit: number | undefined): SplitSizes {
  const total = sizes.train + sizes.test;
  if (limit === undefined || limit >= total) return sizes;
  const train = Math.min(Math.max(1, Math.round((limit * sizes.train) / total)), limit - 1);
  return { train, test: limit - train };
}

/**
 * At most `limit` samples of both sides together, in proportion, at least one each. Splitting comes first: a smaller
 * limit never moves a sample from one side to the other.
 */
export function limitSplits(splits: Splits, limit: number | undefined): Splits {
  const { train, test } = limited({ train: splits.train.length, test: splits.test.length }, limit);
  return { train: splits.train.slice(0, train), test: splits.test.slice(0, test) };
}

function groupsOf(size: number, labels: Labels | undefined): number[][] {
  if (labels?.kind !== "class") return [Array.from({ length: size }, (_, i) => i)];
  const groups: number[][] = labels.classes.map(() => []);
  labels.values.forEach((label, i) => {
    groups[label]?.push(i);
  });
  return groups;
}

/** By key, equal keys (equal samples) by position. */
function sortedBy(indices: readonly number[], keys: Float64Array): number[] {
  return [...indices].sort((a, b) => (keys[a] as number) - (keys[b] as number) || a - b);
}

/** Whole shares of each group that add up to floor(fraction of all), by largest remainder, none above `most`. */
function apportion(sizes: readonly number[], fraction: number, most: readonly number[]): number[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const exact = sizes.map((size) => size * fraction);
  // 1e-9: 0.8 * 5 is 4.000000000000001 or 3.9999999999999996 as the platform's constants please.
  const shares = exact.map((share, i) => Math.min(Math.floor(share + 1e-9), most[i] as number));
  let missing = Math.floor(total * fraction + 1e-9) - shares.reduce((sum, share) => sum + share, 0);
  const remainder = (i: number) => (exact[i] as number) - Math.floor((exact[i] as number) + 1e-9);
  const order = sizes.map((_, i) => i).sort((a, b) => remainder(b) - remainder(a) || a - b);
  for (const i of order) {
    if (missing > 0 && (shares[i] as number) < (most[i] as number)) {
      shares[i] = (shares[i] as number) + 1;
      missing--;
    }
  }
  return shares;
}
