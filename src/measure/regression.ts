import { seededRandom } from "../base/random.js";
import { bootstrapMeanInterval, mean, narrowness, type Sampled, sampledMean } from "./statistics.js";

/** Errors of each sample against real-valued labels. */
export interface ErrorScores {
  /** Mean over the sample's outputs of the squared error. */
  readonly squared: Float64Array;
  /** The coefficient of determination; else why there is none. */
  readonly r2: Determination | { readonly absent: string };
}

/** R2 = 1 - unexplained; the influence of each sample on ln(unexplained), mean 0. */
interface Determination {
  readonly unexplained: number;
  readonly influence: Float64Array;
}

/** Squared errors held at once, for R2 needs them by output: 64 MiB. */
const MOST_ERRORS = 2 ** 23;

/** Starts keeping squared errors. @param labels row-major [samples of the data set, width] */
export function startErrors(labels: Float32Array, width: number) {
  const squared: number[] = [];
  const samples: number[] = [];
  const errors: number[] = [];
  let tooMany = false;
  return {
    add(output: Float32Array, start: number, sample: number): void {
      let sum = 0;
      tooMany ||= errors.length + width > MOST_ERRORS;
      for (let i = 0; i < width; i++) {
        const error = ((output[start + i] as number) - (labels[sample * width + i] as number)) ** 2;
        sum += error;
        if (!tooMany) errors.push(error);
      }
      squared.push(sum / width);
      samples.push(sample);
    },
    finish: (): ErrorScores => ({
      squared: Float64Array.from(squared),
      r2: tooMany
        ? { absent: "R2 is left out: there are too many outputs to hold their errors" }
        : determination(labels, width, samples, errors),
    }),
  };
}

/**
 * R2 of each output averaged over the outputs (scikit-learn's `r2_score`, "uniform_average"): with MSE_j the mean squared
 * error of output j and V_j the variance of its labels, 1 - R2 = U = mean_j MSE_j / V_j.
 * The influence of sample i on ln U is (1/U) mean_j [e_ij^2 / V_j - MSE_j (y_ij - mean y_j)^2 / V_j^2], by the
 * nonparametric delta method (Davison and Hinkley 1997, section 2.7.2).
 */
function determination(
  labels: Float32Array,
  width: number,
  samples: readonly number[],
  errors: readonly number[],
): ErrorScores["r2"] {
  const n = samples.length;
  if (n < 2) return { absent: "R2 needs two test samples" };
  const influence = new Float64Array(n);
  let unexplained = 0;
  for (let j = 0; j < width; j++) {
    const label = (i: number) => labels[(samples[i] as number) * width + j] as number;
    const deviations = centred(n, label);
    const variance = mean(deviations.map((deviation) => deviation ** 2));
    if (deviations.every((deviation) => deviation === deviations[0]) || !(variance > 0)) {
      return { absent: "R2 is left out: the labels of the test split do not vary" };
    }
    let meanError = 0;
    for (let i = 0; i < n; i++) meanError += (errors[i * width + j] as number) / n;
    unexplained += meanError / variance / width;
    for (let i = 0; i < n; i++) {
      const expected = (meanError / variance) * ((deviations[i] as number) ** 2 / variance);
      influence[i] = (influence[i] as number) + ((errors[i * width + j] as number) / variance - expected) / width;
    }
  }
  return { unexplained, influence: unexplained > 0 ? influence.map((each) => each / unexplained) : influence };
}

function centred(n: number, value: (i: number) => number): Float64Array {
  const values = Float64Array.from({ length: n }, (_, i) => value(i));
  const centre = mean(values);
  return values.map((each) => each - centre);
}

/**
 * RMSE: the root of the mean squared error over samples and outputs, its interval the root of the mean's studentized
 * bootstrap. R2: the same bootstrap of the influences, on the scale of ln(1 - R2), where they are more even.
 */
export function regressionMetrics(
  errors: ErrorScores,
  seed: number,
): { readonly rmse: Sampled; readonly r2?: Sampled } {
  const { value, ci95, ...told } = sampledMean(errors.squared, seededRandom(seed));
  const [low, high] = ci95;
  const rmse = { value: Math.sqrt(value), ci95: [Math.sqrt(Math.max(0, low)), Math.sqrt(high)], ...told } as const;
  if ("absent" in errors.r2) return { rmse };
  const { unexplained, influence } = errors.r2;
  const [less, more] = bootstrapMeanInterval(influence, seededRandom(seed));
  const end = (shift: number) => 1 - unexplained * Math.exp(Math.min(MOST_SHIFT, shift));
  const ends = [end(Math.max(0, more)), end(Math.min(0, less))] as const;
  return { rmse, r2: { value: 1 - unexplained, ci95: ends, n: told.n, ...narrowness(influence) } };
}

/** Two labels that hardly differ let the ends fly off; a factor of e^20 is no statement any more. */
const MOST_SHIFT = 20;
