import { type Random, seededRandom } from "../../src/base/random.js";
import { compareAccuracy } from "../../src/measure/accuracy.js";
import { summarizeDivergence } from "../../src/measure/divergence.js";
import { macroF1 } from "../../src/measure/macro-f1.js";
import { regressionMetrics, startErrors } from "../../src/measure/regression.js";
import type { Sampled } from "../../src/measure/statistics.js";
import { type Figure, percentText } from "./figure.js";

/** Simulated test splits of each metric and size; a coverage of 95% is found within 2.2% of itself. */
const RUNS = 400;
const SIZES = [200, 600];

/** Metrics of samples that are drawn anew each time; what each would be of all samples there are. */
interface Metric {
  readonly name: string;
  readonly truth: number;
  /** The estimate of one test split. */
  draw(samples: number, random: Random): Sampled | undefined;
}

const from = (samples: number, value: (i: number) => number) =>
  Float64Array.from({ length: samples }, (_, i) => value(i));
const exponential = (random: Random) => -Math.log(1 - random.next());

const divergence = (values: { readonly kl?: Float64Array; readonly cosine?: Float64Array }, random: Random) =>
  summarizeDivergence(values, undefined, 1, random.integer(0, 1e9));

function perplexity(logLoss: Float64Array, random: Random): Sampled | undefined {
  const { length } = logLoss;
  const classes = { labels: new Int32Array(length), names: ["a", "b"], outputs: 2, logLoss };
  const scores = {
    metric: "top1",
    predictions: new Int32Array(length),
    scores: new Float64Array(length),
    classes,
  } as const;
  return compareAccuracy(scores, scores, { seed: random.integer(0, 1e9) }).metrics?.perplexity;
}

/** Labels of variance 1 and errors of variance 1/4. */
function regression(samples: number, random: Random) {
  const labels = Float32Array.from({ length: samples }, () => random.normal());
  const errors = startErrors(labels, 1);
  const outputs = labels.map((label) => label + random.normal() / 2);
  for (let i = 0; i < samples; i++) errors.add(outputs, i, i);
  return regressionMetrics(errors.finish(), random.integer(0, 1e9));
}

/** Five classes, each right four times in five, else one of the others: F1 = 0.8 of every class. */
function classification(samples: number, random: Random): Sampled {
  const labels = Int32Array.from({ length: samples }, () => random.integer(0, 4));
  const said = labels.map((label) => (random.next() < 0.8 ? label : (label + random.integer(1, 4)) % 5));
  return macroF1(labels, said, 5).estimate;
}

const metrics: readonly Metric[] = [
  // Half of chi-square of 9 degrees: what small noise of the logits of ten classes gives.
  {
    name: "kl",
    truth: 0.045,
    draw: (n, random) => divergence({ kl: from(n, () => 0.005 * squares(9, random)) }, random).kl,
  },
  {
    name: "cosine",
    truth: 0.99,
    draw: (n, random) => divergence({ cosine: from(n, () => 1 - 0.01 * exponential(random)) }, random).cosine,
  },
  {
    name: "perplexity",
    truth: Math.exp(0.3),
    draw: (n, random) =>
      perplexity(
        from(n, () => 0.3 * exponential(random)),
        random,
      ),
  },
  { name: "rmse", truth: 0.5, draw: (n, random) => regression(n, random).rmse },
  { name: "r2", truth: 0.75, draw: (n, random) => regression(n, random).r2 },
  { name: "macro_f1", truth: 0.8, draw: classification },
];

function squares(count: number, random: Random): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += random.normal() ** 2;
  return sum;
}

/** Lognormal divergences of mean 0.01: a few samples decide the mean, the more the larger the deviation. */
const heavy = [1.5, 2].map((deviation): Metric => {
  const scale = 0.01 / Math.exp(deviation ** 2 / 2);
  return {
    name: `kl, lognormal of deviation ${deviation}`,
    truth: 0.01,
    draw: (n, random) => divergence({ kl: from(n, () => scale * Math.exp(deviation * random.normal())) }, random).kl,
  };
});

interface Coverage {
  readonly covered: number;
  /** Share of estimates that say their interval is too narrow. */
  readonly marked: number;
}

export function coverageOf({ truth, draw }: Metric, samples: number, runs: number, random: Random): Coverage {
  let [covered, marked] = [0, 0];
  for (let run = 0; run < runs; run++) {
    const { ci95: [low, high] = [0, 0], narrow } = draw(samples, random) ?? {};
    if (low <= truth && truth <= high) covered++;
    if (narrow) marked++;
  }
  return { covered: covered / runs, marked: marked / runs };
}

/** Exact coverage of the share of samples with fp32's answer: binomial weights of the intervals that hold the truth. */
function sameTopCoverage(truth: number, samples: number): number {
  let weight = truth ** samples;
  let covered = 0;
  for (let flips = 0; flips <= samples; flips++) {
    const { ci95: [low, high] = [0, 0] } = summarizeDivergence(undefined, flips, samples, 1).sameTop ?? {};
    if (low <= truth && truth <= high) covered += weight;
    weight *= ((samples - flips) / (flips + 1)) * ((1 - truth) / truth);
  }
  return covered;
}

/** A proportion is discrete: its coverage swings about 95% as truth and samples vary, so the mean over truths is promised. */
function sameTopFigure(): Figure {
  const truths = [0.95, 0.96, 0.97, 0.98, 0.99];
  const found = SIZES.map((samples) => truths.map((truth) => sameTopCoverage(truth, samples)));
  const means = found.map((each) => each.reduce((sum, one) => sum + one, 0) / each.length);
  return {
    name: "coverage of same_top, exact",
    promise: "93..97%",
    measured: means
      .map((mean, i) => {
        const [low, high] = [Math.min(...(found[i] ?? [])), Math.max(...(found[i] ?? []))].map(percentText);
        return `${percentText(mean)} of ${SIZES[i]} samples (by truth ${low} to ${high})`;
      })
      .join(", "),
    met: means.every((mean) => mean >= 0.93 && mean <= 0.97),
  };
}

/** Two standard errors of a coverage of 95% over the runs. */
const SPREAD = 2 * Math.sqrt((0.95 * 0.05) / RUNS);

/** Coverage of the 95% interval of each further metric; and of means that few samples decide, how often that is said. */
export async function metricCoverageFigures(): Promise<readonly Figure[]> {
  const random = seededRandom(21);
  const plain = metrics.map((metric): Figure => {
    const found = SIZES.map((samples) => coverageOf(metric, samples, RUNS, random).covered);
    return {
      name: `coverage of ${metric.name}`,
      promise: "93..97%",
      measured: found.map((each, i) => `${percentText(each)} of ${SIZES[i]} samples`).join(", "),
      met: found.every((each) => each >= 0.93 - SPREAD && each <= 0.97 + SPREAD),
    };
  });
  const marked = heavy.map((metric): Figure => {
    const found = SIZES.map((samples) => coverageOf(metric, samples, RUNS, random));
    return {
      name: `coverage of ${metric.name}`,
      promise: "93%, or most are marked as too narrow",
      measured: found
        .map((each, i) => `${percentText(each.covered)} of ${SIZES[i]} samples, ${percentText(each.marked)} marked`)
        .join("; "),
      met: found.every(({ covered, marked: share }) => covered >= 0.93 - SPREAD || share > 0.5),
    };
  });
  return [...plain, sameTopFigure(), ...marked];
}
