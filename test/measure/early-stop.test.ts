import { expect, test } from "vitest";
import { seededRandom } from "../../src/base/random.js";
import { watchDrop } from "../../src/measure/early-stop.js";

/** After how many samples a trial of these paired differences is ended, looked at after each one; undefined when never. */
function endOf(differences: ArrayLike<number>, limit: number): number | undefined {
  const drop = watchDrop({ limit }, differences.length);
  for (let i = 0; i < differences.length; i++) {
    drop.add(differences[i] as number);
    if (drop.isHopeless()) return i + 1;
  }
  return undefined;
}

/** `lost` samples of 1 and `gained` of -1 among `n`, shuffled. */
function differences(n: number, lost: number, gained: number, seed: number): Int8Array {
  const values = Int8Array.from({ length: n }, (_, i) => (i < lost ? 1 : i < lost + gained ? -1 : 0));
  return seededRandom(seed).shuffle(values);
}

test("a trial whose drop over the whole split is the limit is ended once in a hundred times at most, however often one looks", () => {
  for (const [n, lost, gained] of [
    [400, 80, 0],
    [400, 140, 60],
    [100, 20, 0],
  ] as const) {
    let ended = 0;
    for (let seed = 0; seed < 1000; seed++) if (endOf(differences(n, lost, gained, seed), 0.2) !== undefined) ended++;
    expect(ended / 1000).toBeLessThan(0.01 + 3 * Math.sqrt((0.01 * 0.99) / 1000));
  }
});

test("a hopeless trial is ended after few samples, a good one never", () => {
  const ends = Array.from({ length: 50 }, (_, seed) => endOf(differences(2000, 1600, 20, seed), 0.2) ?? 2000);
  expect(Math.max(...ends)).toBeLessThan(64);
  const barely = Array.from({ length: 20 }, (_, seed) => endOf(differences(2000, 600, 20, seed), 0.2) ?? 2000);
  expect(barely.sort((a, b) => a - b)[10]).toBeLessThan(1000);
  expect(endOf(differences(2000, 20, 20, 1), 0.2)).toBeUndefined();
});

test("what is left can no longer save it: certain without any bet", () => {
  expect(endOf(Int8Array.from([1, 1, 1, 1, 1, 1, 0, 0]), 0.25)).toBeLessThanOrEqual(8);
  expect(endOf(Int8Array.from([1]), 0.5)).toBeUndefined();
});
