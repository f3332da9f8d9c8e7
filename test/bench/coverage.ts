import { type Random, seededRandom } from "../../src/base/random.js";
import { bootstrapMeanInterval, pairedDifferenceInterval } from "../../src/measure/statistics.js";
import { metricCoverageFigures } from "./coverage-metrics.js";
import { type Figure, percentText } from "./figure.js";

/** Simulated test splits of each truth. */
const RUNS = 3000;
const BOOTSTRAP_RUNS = 1000;

type Interval = readonly [number, number];

/** Share of simulated intervals that hold the truth. */
export function coverage(runs: number, truth: number, interval: () => Interval): number {
  let held = 0;
  for (let run = 0; run < runs; run++) {
    const [low, high] = interval();
    if (low <= truth && truth <= high) held++;
  }
  return held / runs;
}

/** The drop's interval over `samples` pairs, of which fp32 alone is right with one chance and the trial alone with another. */
export function drawDrop(samples: number, lost: number, gained: number, random: Random): Interval {
  let [b, c] = [0, 0];
  // From one discordant pair to the next: the gaps are geometric.
  const rate = Math.log(1 - lost - gained);
  const gap = () => 1 + Math.floor(Math.log(1 - random.next()) / rate);
  for (let i = gap(); i <= samples; i += gap()) {
    if (random.next() * (lost + gained) < lost) b++;
    else c++;
  }
  return pairedDifferenceInterval(b, c, samples);
}

/** The drop's interval over `samples` errors, |error of fp32 + what quantizing adds| - |error of fp32|; and the true drop. */
export function drawErrors(samples: number, noise: number, random: Random): Interval {
  const worse = Float64Array.from({ length: samples }, () => {
    const error = random.normal();
    return Math.abs(error + noise * random.normal()) - Math.abs(error);
  });
  return bootstrapMeanInterval(worse, random, 600);
}

/** Of normal errors: E|e| = sqrt(2 / pi), and adding noise of deviation s makes it sqrt(1 + s^2) times as large. */
export function errorDrop(noise: number): number {
  return Math.sqrt(2 / Math.PI) * (Math.sqrt(1 + noise ** 2) - 1);
}

/** Samples, share of discordant pairs, and the drop as a share of those. */
function truths(least: number, most: number) {
  return [100, 360, 1000, 5000].flatMap((samples) =>
    [0.002, 0.005, 0.01, 0.03, 0.1].flatMap((discordant) =>
      [0, 0.5, 0.9].flatMap((uneven) => {
        const expected = samples * discordant;
        if (expected < least || expected >= most) return [];
        return [{ samples, lost: (discordant * (1 + uneven)) / 2, gained: (discordant * (1 - uneven)) / 2 }];
      }),
    ),
  );
}

/** Coverage of the 95% intervals of accuracy drops on simulated truth. */
export async function coverageFigures(): Promise<readonly Figure[]> {
  const random = seededRandom(20);
  const dropOf = ({ samples, lost, gained }: ReturnType<typeof truths>[number]) =>
    coverage(RUNS, lost - gained, () => drawDrop(samples, lost, gained, random));
  const usual = truths(4, Number.POSITIVE_INFINITY).map(dropOf);
  const sparse = truths(0.5, 4).map(dropOf);
  const errors = [100, 500].flatMap((samples) =>
    [0.1, 0.5].map((noise) => coverage(BOOTSTRAP_RUNS, errorDrop(noise), () => drawErrors(samples, noise, random))),
  );
  return [
    ...(await metricCoverageFigures()),
    within("coverage of the accuracy drop, 4 discordant samples or more expected", usual, 0.93, 0.97),
    // So few samples flip that any honest interval holds the truth more often than it has to.
    within("coverage of the accuracy drop, fewer discordant samples", sparse, 0.93, 1),
    within("coverage of the growth of a mean absolute error", errors, 0.93, 0.97),
  ];
}

/** The promise is kept by the mean over the truths, and within the spread of the simulation by each. */
function within(name: string, found: readonly number[], low: number, high: number): Figure {
  const mean = found.reduce((sum, each) => sum + each, 0) / found.length;
  const [least, most] = [Math.min(...found), Math.max(...found)];
  return {
    name,
    promise: `${low * 100}..${high * 100}%`,
    measured: `${percentText(mean)}, by truth ${percentText(least)} to ${percentText(most)}`,
    met: mean >= low && mean <= high && least >= low - SPREAD && most <= high + SPREAD,
  };
}

/** Three standard errors of a coverage of 95% over 1000 runs would be 2%; the truths have more. */
const SPREAD = 0.01;
