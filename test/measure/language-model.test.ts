import { expect, test } from "vitest";
import { seededRandom } from "../../src/base/random.js";
import type { Labels } from "../../src/datasets/dataset.js";
import { compareAccuracy } from "../../src/measure/accuracy.js";
import { startKeeping } from "../../src/measure/kept-outputs.js";
import { type Scores, scoresInOrder, startScoring } from "../../src/measure/scores.js";
import { havePython, runPython } from "../python.js";

/** Two sequences of three positions over four tokens; the last position of the second has no next token. */
const next: Labels = { kind: "tokens", values: Int32Array.of(0, 1, 2, 3, 0, -1), width: 3, classes: 4 };

function score(labels: Labels, rows: readonly Float32Array[]): Scores {
  const scorer = startScoring(labels, rows[0]?.length ?? 0, { kind: "logits" });
  for (const [i, row] of rows.entries()) scorer.add(row, [i]);
  return scorer.finish();
}

/** Logits [positions, tokens] that name `winners`. */
const naming = (winners: readonly number[], height = 1) =>
  Float32Array.from(winners.flatMap((winner) => [0, 1, 2, 3].map((token) => (token === winner ? height : 0))));

test("a sequence is a sample: its share of right next tokens, positions without one left out", () => {
  const { metric, scores, predictions, tokens } = score(next, [naming([0, 1, 3]), naming([3, 3, 3])]);
  expect(metric).toBe("next_token");
  expect([...scores]).toEqual([2 / 3, 1 / 2]);
  expect([...predictions]).toEqual([]);
  expect([...(tokens?.predictions ?? [])]).toEqual([0, 1, 3, 3, 3, -1]);
  expect([...(tokens?.scored ?? [])]).toEqual([3, 2]);
  // -ln(e / (e + 3)) where right, -ln(1 / (e + 3)) where wrong.
  const [hit, miss] = [Math.log(Math.E + 3) - 1, Math.log(Math.E + 3)];
  expect(tokens?.logLoss[0]).toBeCloseTo(2 * hit + miss, 12);
  expect(tokens?.logLoss[1]).toBeCloseTo(hit + miss, 12);
});

test("outputs that are no table of tokens are refused, and so is NaN", () => {
  expect(() => startScoring(next, 11)).toThrow(/11 values a sample, but next tokens need 12/);
  expect(() => startScoring(next, 9)).toThrow(/9 values a sample, but next tokens need 12/);
  const row = naming([0, 1, 2]);
  row[5] = Number.NaN;
  expect(() => score(next, [row])).toThrow(/the model gives NaN for sample 0/);
});

test("beside itself nothing is lost; beside another every figure is of all tokens together", () => {
  const [float, trial] = [
    score(next, [naming([0, 1, 2], 3), naming([3, 0, 0], 3)]),
    score(next, [naming([0, 1, 2], 1), naming([3, 2, 0], 1)]),
  ];
  const same = compareAccuracy(float, float, { seed: 1 });
  expect([same.drop, same.flips, same.metrics?.perplexity_increase?.value]).toEqual([{ value: 0, ci95: [0, 0] }, 0, 0]);
  const compared = compareAccuracy(trial, float, { seed: 1 });
  expect([compared.tokens, compared.nextToken?.n, compared.flips]).toEqual([5, 2, 1]);
  expect(compared.nextToken?.value).toBeCloseTo(4 / 5, 12);
  expect(compared.drop.value).toBeCloseTo(1 / 5, 12);
  const at = (height: number) => Math.log(Math.exp(height) + 3);
  const [loss, floatLoss] = [(4 * (at(1) - 1) + at(1)) / 5, at(3) - 3];
  expect(compared.metrics?.perplexity?.value).toBeCloseTo(Math.exp(loss), 10);
  expect(compared.metrics?.perplexity_increase?.value).toBeCloseTo(Math.exp(loss - floatLoss) - 1, 10);
  expect(compared.divergence?.sameTop?.value).toBeCloseTo(4 / 5, 12);
});

test("the order of sequences does not matter", () => {
  const rows = [naming([0, 1, 3]), naming([3, 3, 3])];
  const there = scoresInOrder(score(next, rows), [1, 0]);
  expect([...(there.tokens?.predictions ?? [])]).toEqual([3, 3, -1, 0, 1, 3]);
  expect([...there.scores]).toEqual([1 / 2, 2 / 3]);
});

/** Sequences whose tokens are all easy or all hard: what one token is like says what its neighbours are like. */
function clustered(sequences: number, positions: number) {
  const random = seededRandom(5);
  const values = Int32Array.from({ length: sequences * positions }, () => random.integer(0, 3));
  const labels: Labels = { kind: "tokens", values, width: positions, classes: 4 };
  const rows = Array.from({ length: sequences }, (_, i) => {
    const ease = random.normal() + 1;
    return Float32Array.from({ length: positions * 4 }, (__, at) => {
      const right = values[i * positions + Math.floor(at / 4)] === at % 4;
      return (right ? ease : 0) + 0.3 * random.normal();
    });
  });
  const worse = rows.map((row) => row.map((value) => value + 0.2 * random.normal()));
  return { labels, values, rows, worse };
}

const numpy = `
import json, sys
import numpy as np
given = json.load(sys.stdin)
labels = np.array(given["labels"])
def losses(rows):
    x = np.array(rows, dtype=np.float32).astype(np.float64).reshape(labels.shape + (4,))
    top = x.max(-1, keepdims=True)
    logs = x - top - np.log(np.exp(x - top).sum(-1, keepdims=True))
    return x, logs, -np.take_along_axis(logs, labels[..., None], -1)[..., 0]
a, p, base = losses(given["rows"])
b, q, trial = losses(given["worse"])
random = np.random.default_rng(0)
def interval(values):
    means = [values[random.integers(0, len(values), len(values))].mean() for _ in range(4000)]
    return [float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))]
print(json.dumps({
    "perplexity": float(np.exp(trial.mean())),
    "increase": float(np.exp((trial - base).mean()) - 1),
    "nextToken": float((b.argmax(-1) == labels).mean()),
    "flips": int((a.argmax(-1) != b.argmax(-1)).sum()),
    "kl": float((np.exp(p) * (p - q)).sum(-1).mean()),
    "bySequence": interval(trial.mean(-1)),
    "byToken": interval(trial.reshape(-1)),
}))
`;

test.skipIf(!havePython)(
  "numpy gives the same figures, and an interval over sequences, wider than one over tokens",
  () => {
    const { labels, values, rows, worse } = clustered(60, 16);
    if (labels.kind !== "tokens") throw new Error("test: not next tokens");
    const keeper = startKeeping(rows.length, 64, "logits");
    for (const row of rows) keeper.add(row, 1);
    const scorer = startScoring(labels, 64, { kind: "logits", reference: keeper.kept });
    for (const [i, row] of worse.entries()) scorer.add(row, [i]);
    const found = compareAccuracy(scorer.finish(), score(labels, rows), { seed: 3 });
    const table = Array.from(rows, (_, i) => Array.from(values.subarray(i * 16, (i + 1) * 16)));
    const input = JSON.stringify({ labels: table, rows: rows.map((r) => [...r]), worse: worse.map((r) => [...r]) });
    const there = JSON.parse(runPython(numpy, input)) as Record<string, number> & {
      readonly bySequence: [number, number];
      readonly byToken: [number, number];
    };
    expect(found.metrics?.perplexity?.value).toBeCloseTo(there.perplexity ?? 0, 9);
    expect(found.metrics?.perplexity_increase?.value).toBeCloseTo(there.increase ?? 0, 9);
    expect(found.nextToken?.value).toBeCloseTo(there.nextToken ?? 0, 12);
    expect(found.flips).toBe(there.flips);
    expect(found.divergence?.kl?.value).toBeCloseTo(there.kl ?? 0, 6);
    const [low, high] = (found.metrics?.perplexity?.ci95 ?? [0, 0]).map(Math.log) as [number, number];
    const [numpyLow, numpyHigh] = there.bySequence;
    const width = numpyHigh - numpyLow;
    expect(Math.abs(low - numpyLow)).toBeLessThan(width / 8);
    expect(Math.abs(high - numpyHigh)).toBeLessThan(width / 8);
    expect(high - low).toBeGreaterThan(2 * (there.byToken[1] - there.byToken[0]));
  },
);
