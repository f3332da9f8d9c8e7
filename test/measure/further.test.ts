import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../../src/base/random.js";
import type { Labels } from "../../src/datasets/dataset.js";
import { compareAccuracy } from "../../src/measure/accuracy.js";
import { distributionKind } from "../../src/measure/distribution.js";
import { keptStart, startKeeping } from "../../src/measure/kept-outputs.js";
import { macroF1 } from "../../src/measure/macro-f1.js";
import { mcNemarP } from "../../src/measure/mcnemar.js";
import { scoresInOrder, startScoring } from "../../src/measure/scores.js";
import { havePython, runPython } from "../python.js";

const seed = 1;

/** Scores of fp32 and of a trial whose outputs are compared with it. */
function scored(labels: Labels | undefined, width: number, float: Float32Array, trial: Float32Array) {
  const indices = Int32Array.from({ length: float.length / width }, (_, i) => i);
  const classes = labels?.kind === "class" ? labels.classes.length : undefined;
  const kind = labels?.kind === "value" ? undefined : distributionKind(float, width, classes);
  const keeper = startKeeping(indices.length, width, kind);
  keeper.add(float, indices.length);
  const score = (output: Float32Array) => {
    const scorer = startScoring(labels, width, { kind, reference: keeper.kept });
    scorer.add(output, indices);
    return scorer.finish();
  };
  return { float: score(float), trial: score(trial) };
}

const names = ["a", "b", "c", "d", "e", "f", "g"];

/** Logits of 7 classes, of which the last is in no label, and a trial near them. */
function classifier(samples: number) {
  const random = seededRandom(5);
  const values = Int32Array.from({ length: samples }, () => random.integer(0, 5));
  const float = Float32Array.from(
    { length: samples * 7 },
    (_, i) => random.normal() + (i % 7 === values[Math.floor(i / 7)] ? 2 : 0),
  );
  const trial = float.map((value) => value + 0.7 * random.normal());
  const labels: Labels = { kind: "class", values, classes: names };
  return { labels, float, trial };
}

test.skipIf(!havePython)("scikit-learn and scipy give the same figures of classes, and of several real values", () => {
  const { labels, float, trial } = classifier(200);
  const random = seededRandom(8);
  const values = Float32Array.from({ length: 120 }, (_, i) => random.normal() * (1 + (i % 3)));
  const guesses = values.map((value) => value + 0.5 * random.normal());
  const classes = scored(labels, 7, float, trial);
  const { metrics, divergence, discordant } = compareAccuracy(classes.trial, classes.float, { seed });
  const reals = scored({ kind: "value", values, width: 3 }, 3, values, guesses);
  const errors = compareAccuracy(reals.trial, reals.float, { seed });
  const found = Object.entries({ ...metrics, ...divergence, ...errors.metrics, mae: errors.mae });
  const figures = { ...Object.fromEntries(found.map(([name, each]) => [name, each?.value])), p: discordant?.p };
  const input = {
    labels: [...labels.values],
    float: [...float],
    trial: [...trial],
    values: [...values],
    guesses: [...guesses],
  };
  const expected: Record<string, number> = JSON.parse(
    runPython(
      `
import json, sys, numpy as np
from scipy.special import softmax
from scipy.stats import entropy, binom
from sklearn.metrics import f1_score, log_loss, mean_absolute_error, mean_squared_error, r2_score, top_k_accuracy_score
d = json.load(sys.stdin)
y = np.array(d["labels"]); f = np.array(d["float"], np.float32).reshape(-1, 7); t = np.array(d["trial"], np.float32).reshape(-1, 7)
v = np.array(d["values"]).reshape(-1, 3); g = np.array(d["guesses"]).reshape(-1, 3)
p, q = softmax(f.astype(float), axis=1), softmax(t.astype(float), axis=1)
lost = int(((f.argmax(1) == y) & (t.argmax(1) != y)).sum()); gained = int(((f.argmax(1) != y) & (t.argmax(1) == y)).sum())
few = min(lost, gained); n = lost + gained
print(json.dumps({
  "top5": top_k_accuracy_score(y, t, k=5, labels=range(7)),
  "macro_f1": f1_score(y, t.argmax(1), average="macro", labels=np.unique(y)),
  "perplexity": float(np.exp(log_loss(y, q, labels=range(7)))),
  "sameTop": float((f.argmax(1) == t.argmax(1)).mean()),
  "kl": float(entropy(p, q, axis=1).mean()),
  "cosine": float(((f * t).sum(1) / np.linalg.norm(f, axis=1) / np.linalg.norm(t, axis=1)).mean()),
  "p": float(2 * binom.cdf(few, n, 0.5) - binom.pmf(few, n, 0.5)),
  "mae": mean_absolute_error(v, g), "rmse": mean_squared_error(v, g) ** 0.5, "r2": r2_score(v, g),
}))`,
      JSON.stringify(input),
    ),
  );
  expect(figures).toEqual(
    Object.fromEntries(Object.entries(expected).map(([name, value]) => [name, expect.closeTo(value, 5)])),
  );
});

test("McNemar's mid-p: 1 against 7 pairs is (2 + 8) / 256 by hand, and 1 where nothing differs", () => {
  expect(mcNemarP(1, 7)).toBeCloseTo(0.0391, 4);
  expect(mcNemarP(7, 1)).toBe(mcNemarP(1, 7));
  expect(mcNemarP(0, 0)).toBe(1);
  expect(mcNemarP(3, 3)).toBeCloseTo(1 - 20 / 64 / 2, 12);
  expect(mcNemarP(100_000, 100_000)).toBeGreaterThan(0.99);
  expect(mcNemarP(0, 5000)).toBe(0);
});

describe("a class that the test split lacks", () => {
  test("has no part in macro F1, though predicting it is an error, and is named", () => {
    const labels = Int32Array.of(0, 0, 1, 1);
    expect(macroF1(labels, Int32Array.of(0, 0, 1, 2), 4)).toMatchObject({
      estimate: { value: (1 + 2 / 3) / 2, n: 4 },
      absent: [2, 3],
    });
    const float = Float32Array.of(0.9, 0.1, 0, 0.9, 0.1, 0);
    const scores = scored({ kind: "class", values: Int32Array.of(0, 1), classes: ["a", "b", "c"] }, 3, float, float);
    expect(compareAccuracy(scores.trial, scores.float, { seed }).remarks).toEqual([
      "the test split has no sample of class c; macro F1 leaves it out",
    ]);
  });
});

test("labels that do not vary leave R2 out with a remark, and no NaN", () => {
  const constant = Float32Array.of(0.1, 0.1, 0.1);
  const scores = scored({ kind: "value", values: constant, width: 1 }, 1, constant, Float32Array.of(1, 2, 3));
  const result = compareAccuracy(scores.trial, scores.float, { seed });
  expect(result.metrics).not.toHaveProperty("r2");
  expect(result.remarks).toEqual(["R2 is left out: the labels of the test split do not vary"]);
});

test("what outputs are is told by fp32's rows", () => {
  const of = (values: readonly number[], width: number, classes?: number) =>
    distributionKind(Float32Array.from(values), width, classes);
  expect(of([0.25, 0.75, 1, 0], 2)).toBe("probabilities");
  expect(of([0.2, 0.9], 2, 2)).toBeUndefined();
  expect(of([-3, 2], 2, 2)).toBe("logits");
  expect(of([-3, 2], 2)).toBeUndefined();
  expect(of([0.2, 0.9], 1, 2)).toBe("binary");
  expect(of([0.2, 0.9], 1)).toBeUndefined();
});

test("a trial that gives a label no chance at all has a finite perplexity and divergence", () => {
  const labels: Labels = { kind: "class", values: Int32Array.of(0, 1), classes: ["a", "b"] };
  const scores = scored(labels, 2, Float32Array.of(1, 0, 0, 1), Float32Array.of(0, 1, 0, 0));
  const { metrics, divergence } = compareAccuracy(scores.trial, scores.float, { seed });
  // The first row has all on the wrong class; the second has nothing and counts as undecided.
  const losses = [23 * Math.LN2, Math.LN2];
  expect(metrics?.perplexity?.value).toBeCloseTo(Math.exp((23 * Math.LN2 + Math.LN2) / 2), 6);
  expect(divergence?.kl?.value).toBeCloseTo(((losses[0] ?? 0) + (losses[1] ?? 0)) / 2, 6);
});

test("of outputs that do not fit, every k-th sample of fp32 is kept", () => {
  const keeper = startKeeping(10, 2, undefined, 4 * 2 * 4);
  keeper.add(
    Float32Array.from({ length: 20 }, (_, i) => i),
    10,
  );
  const kept = keeper.kept;
  expect([...kept.data]).toEqual([0, 1, 6, 7, 12, 13, 18, 19]);
  expect([0, 1, 3, 9].map((position) => keptStart(kept, position))).toEqual([0, undefined, 2, 6]);
  const none = startKeeping(10, 2, undefined, 7);
  none.add(new Float32Array(20), 10);
  expect(keptStart(none.kept, 0)).toBeUndefined();
});

test("scores come back in the order of the test split", () => {
  const { labels, float, trial } = classifier(9);
  const { trial: scores } = scored(labels, 7, float, trial);
  const places = [3, 1, 8, 0, 2, 7, 4, 6, 5];
  const back = places.map((_, i) => places.indexOf(i));
  expect(scoresInOrder(scoresInOrder(scores, places), back)).toEqual(scores);
});

/** Every number of a plain value. */
function numbersOf(value: unknown): number[] {
  if (typeof value === "number") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(numbersOf) : [];
}

test("whatever the finite outputs, every figure is finite and its interval holds it", () => {
  const output = fc.oneof(
    fc.constantFrom(0, 1, -1, 3.4e38, -3.4e38, 1e-45, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
    fc.float({ noNaN: true, noDefaultInfinity: true }),
  );
  const cases = fc.integer({ min: 1, max: 5 }).chain((samples) =>
    fc.integer({ min: 1, max: 7 }).chain((width) => {
      const outputs = fc.array(output, { minLength: samples * width, maxLength: samples * width });
      return fc.record({
        width: fc.constant(width),
        float: outputs,
        trial: outputs,
        labels: fc.constantFrom("class" as const, "none" as const, "value" as const),
      });
    }),
  );
  fc.assert(
    fc.property(cases, ({ width, float, trial, labels }) => {
      const samples = float.length / width;
      const classes = names.slice(0, Math.max(2, width));
      const values = Int32Array.from({ length: samples }, (_, i) => i % classes.length);
      const finite = (all: number[]) => Float32Array.from(all.map((x) => Math.max(-1e30, Math.min(1e30, x))));
      const given: Labels | undefined =
        labels === "class"
          ? { kind: "class", values, classes }
          : labels === "value"
            ? { kind: "value", values: finite([...trial].reverse()), width }
            : undefined;
      const read = labels === "value" ? finite : (all: number[]) => Float32Array.from(all);
      const scores = scored(given, width, read(float), read(trial));
      const result = compareAccuracy(scores.trial, scores.float, { seed });
      expect(numbersOf(result).every(Number.isFinite)).toBe(true);
      for (const estimate of [result.drop, ...Object.values({ ...result.metrics, ...result.divergence })]) {
        expect(estimate.ci95[0]).toBeLessThanOrEqual(estimate.value);
        expect(estimate.ci95[1]).toBeGreaterThanOrEqual(estimate.value);
      }
    }),
    { numRuns: 60 },
  );
});

test("classes that are fewer than the outputs and not numbered from 0 are said to be taken in order", () => {
  const remarks = (classes: readonly string[]) => {
    const float = Float32Array.of(0.1, 0.9, 0.3, 0.2, 0.1, 0.4);
    const values = Int32Array.of(0, classes.length - 1);
    const { float: own } = scored({ kind: "class", values, classes }, 3, float, float);
    return compareAccuracy(own, own, { seed }).remarks ?? [];
  };
  expect(remarks(["1", "2"])).toEqual([
    "the labels have 2 classes and the model 3 outputs; label 1 is taken for output 0, unless the data says all `classes` in the model's order",
  ]);
  expect([remarks(["0", "1"]), remarks(["a", "b", "c"]).filter((each) => each.includes("outputs"))]).toEqual([[], []]);
});
