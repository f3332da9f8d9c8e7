import { type Estimate, pairedVariance, Z95 } from "./statistics.js";

/** Whether the drop's interval answers the question that was asked of it ("drop < 1%"), and else how many samples would. */
export interface Resolution {
  readonly question: string;
  readonly resolved: boolean;
  /** Samples that would answer it four times in five, to two digits; absent where no number would. */
  readonly needed?: number;
}

/** What a drop is asked: whether it is below `bound`, in the drop's unit. */
export interface Question {
  readonly text: string;
  readonly bound: number;
}

/** A drop and the counts that it is made of. */
export interface MeasuredDrop extends Estimate {
  readonly n: number;
  /** Samples that count towards the drop and against it, where it is a difference of counts. */
  readonly counts?: { readonly lost: number; readonly gained: number };
}

/** One-sided 80% point of the standard normal distribution. */
const Z80 = 0.8416212335729143;

/** More samples than this are no help to anybody. */
const MOST_SAMPLES = 1e9;

/**
 * The question is resolved when the whole interval lies on one side of the bound. Else `needed` samples resolve it with
 * a chance of 80% if the drop is what was measured: N = (z_0.975 s_0 + z_0.8 s)^2 / (bound - drop)^2, the sample size of a
 * paired comparison (Connor 1987, Biometrics 43:207-211), s^2 being the variance of the paired differences and s_0^2 that
 * if the drop were the bound. Of counts they are taken after one more pair of each kind (Bonett and Price 2012, J.
 * Educational and Behavioral Statistics 37:479-488), so that no difference seen is not taken for no difference; of errors
 * both are one, from the interval's width.
 */
export function resolve(drop: MeasuredDrop, { text, bound }: Question): Resolution {
  const [low, high] = drop.ci95;
  if (high < bound || low > bound) return { question: text, resolved: true };
  const [atBound, measured] = deviations(drop, bound);
  const samples = ((Z95 * atBound + Z80 * measured) / (bound - drop.value)) ** 2;
  // The interval holds the bound with the samples that there are, whatever the approximation says.
  const needed = roundedUp(Math.max(samples, drop.n + 1));
  return { question: text, resolved: false, ...(needed <= MOST_SAMPLES ? { needed } : {}) };
}

/** Standard deviation of one paired difference if the drop were the bound, and at the measured drop. */
function deviations({ ci95: [low, high], n, counts }: MeasuredDrop, bound: number): readonly [number, number] {
  if (!counts) {
    const deviation = ((high - low) / 2 / Z95) * Math.sqrt(n);
    return [deviation, deviation];
  }
  const [lost, gained, pairs] = [counts.lost + 1, counts.gained + 1, n + 2];
  const measured = (lost + gained) / pairs - ((lost - gained) / pairs) ** 2;
  return [Math.sqrt(Math.max(0, pairedVariance(bound, lost, gained, pairs))), Math.sqrt(measured)];
}

/** Two significant digits, upwards: 3841 is "about 3,900". */
function roundedUp(value: number): number {
  if (!Number.isFinite(value)) return Number.POSITIVE_INFINITY;
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1);
  return Math.ceil(value / unit) * unit;
}
