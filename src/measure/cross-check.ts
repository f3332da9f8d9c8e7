import type { Tensor } from "../tensor/tensor.js";

/** Outputs of one graph against those of another that means the same. */
export interface Agreement {
  /** Largest difference of the outputs, in steps of 1/255 of the first one's range over all samples. */
  readonly maxSteps: number;
  /**
   * Share of the samples with the same top class; with one value a sample, of those that are apart by a step at most. Absent
   * where outputs are compared by their values, see `comparesValues`.
   */
  readonly sameTop?: number;
}

/** QOperator form against QDQ form of the same scheme, on the same engine and samples. */
export interface CrossCheck extends Agreement {
  /** Test samples that both forms saw. */
  readonly samples: number;
  /** Integer nodes of the optimized QDQ graph. */
  readonly integerNodes: number;
  /** Against the QDQ form with nothing fused: the same codes, multiplied and added in float. */
  readonly unfused?: Agreement;
  /**
   * First layer that gives more than a step apart when the unfused form is given the very codes that the kernels had; looked
   * for where the outputs are apart. Without one every layer only rounds, and deep in a net that adds up.
   */
  readonly layer?: string;
  /** A sentence that says so, where the forms disagree past the bounds. */
  readonly disagreement?: string;
}

/** Both forms become the same kernels, and their outputs are equal to the bit on every shipped model; a step is rounding. */
const FUSED_STEPS = 1;
/** Sums in float round elsewhere than in int32, which moves single codes; a wrong kernel or scale moves an output much further. */
const UNFUSED_STEPS = 8;
/** One sample on the border of two classes may fall to either side. */
const LEAST_SAME = 0.98;

/** Steps of a range. */
const STEPS = 255;

/**
 * @param expected   and actual: [samples, ...] of the same shape
 * @param hasAnswers whether one of the outputs of a sample is its answer
 */
export function agreement(expected: Tensor<"float32">, actual: Tensor<"float32">, hasAnswers = true): Agreement {
  const samples = expected.shape[0] ?? 1;
  const length = samples === 0 ? 0 : expected.data.length / samples;
  const step = stepOf(expected.data as Float32Array);
  let [farthest, same] = [0, 0];
  for (let row = 0; row < samples; row++) {
    const [a, b] = [expected, actual].map(({ data }) =>
      (data as Float32Array).subarray(row * length, (row + 1) * length),
    ) as [Float32Array, Float32Array];
    const steps = apart(a, b, step);
    farthest = Math.max(farthest, steps);
    if (length === 1 ? steps <= 1 : top(a) === top(b)) same++;
  }
  return { maxSteps: farthest, ...(hasAnswers ? { sameTop: samples === 0 ? 1 : same / samples } : {}) };
}

/** Whether the engine's integer kernels give the same from both forms. */
export function formsAgree(check: CrossCheck): boolean {
  return !beyond(check, FUSED_STEPS);
}

/** Whether outputs are so far apart that layers must be looked at one by one. */
export function outputsApart(check: CrossCheck): boolean {
  return !formsAgree(check) || (check.unfused !== undefined && beyond(check.unfused, UNFUSED_STEPS));
}

function beyond(is: Agreement, most: number): boolean {
  return is.maxSteps > most || (is.sameTop ?? 1) < LEAST_SAME;
}

/** The sentence that says how the forms do not mean the same; undefined where they do. */
export function disagreementOf(check: CrossCheck): string | undefined {
  const { unfused, layer, samples } = check;
  const shown = ({ maxSteps, sameTop }: Agreement) => {
    const answers =
      sameTop === undefined
        ? ` over ${samples} samples`
        : `, same top answer in ${Math.round(sameTop * samples)} of ${samples} samples`;
    return `by up to ${maxSteps.toFixed(maxSteps < 10 ? 1 : 0)} steps of 1/255${answers}`;
  };
  if (!formsAgree(check)) {
    return `QOperator and QDQ form of the same scheme disagree on this engine: ${shown(check)}${from(layer)}`;
  }
  if (unfused && beyond(unfused, UNFUSED_STEPS) && layer !== undefined) {
    return `the integer kernels and the same codes multiplied in float disagree: ${shown(unfused)}${from(layer)}`;
  }
  return undefined;
}

function from(layer: string | undefined): string {
  return layer === undefined ? "" : `; it begins in layer ${layer}`;
}

function stepOf(values: Float32Array): number {
  let [min, max] = [0, 0];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  return (max - min) / STEPS;
}

/** A NaN or an infinity on one side alone counts as the whole range. */
function apart(a: Float32Array, b: Float32Array, step: number): number {
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    if (x === y || Object.is(x, y)) continue;
    const steps = Math.abs(x - y) / step;
    most = Math.max(most, Number.isFinite(steps) ? steps : STEPS);
  }
  return most;
}

function top(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if ((values[i] as number) > (values[best] as number)) best = i;
  return best;
}
