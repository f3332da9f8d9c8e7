import type { Range } from "../../tensor/quant.js";
import { binWidth, type Histogram } from "./histogram.js";
import { minmaxRange } from "./minmax.js";

/** Codes of uint8. */
const LEVELS = 256;
/** Thresholds tried between LEVELS bins and the whole range. */
const CANDIDATES = 96;
/** Stands for a probability of 0 where the reference has mass, so that the divergence stays finite. */
const SMOOTHING = 1e-4;

/**
 * The range whose 256 levels lose the least information: over thresholds t, the range [max(min, -t), min(max, t)] with
 * the least Kullback-Leibler divergence of the quantized distribution from the reference, whose clipped values lie
 * in its end bins. Values of exactly 0 come back exactly at any scale, and after ReLU they are half of all; so that they do not
 * decide, the bins beside 0 count no more than their neighbours.
 * @see Migacz 2017, "8-bit Inference with TensorRT", GTC (there over |x| with 128 levels; here over both signs)
 */
export function entropyRange(histogram: Histogram): Range {
  const whole = minmaxRange(histogram);
  const counts = withoutZeroSpike(histogram);
  const { first } = histogram;
  const width = binWidth(histogram);
  // Bins of the exact range, as indices into counts; 0 lies at the lower edge of bin -first.
  const zero = -first;
  const low = Math.floor(whole.min / width) - first;
  const high = Math.floor(whole.max / width) - first + 1;
  const reach = Math.max(zero - low, high - zero);
  if (high - low <= LEVELS) return whole;
  const cumulative = new Float64Array(counts.length + 1);
  for (let i = 0; i < counts.length; i++) cumulative[i + 1] = (cumulative[i] as number) + (counts[i] as number);

  let best = whole;
  let least = divergence(counts, cumulative, low, high);
  const smallest = LEVELS / 2;
  for (let candidate = CANDIDATES - 1; candidate >= 0; candidate--) {
    const threshold = smallest + Math.round(((reach - smallest) * candidate) / CANDIDATES);
    const [from, to] = [Math.max(low, zero - threshold), Math.min(high, zero + threshold)];
    if (to - from < LEVELS) continue;
    const found = divergence(counts, cumulative, from, to);
    if (found < least) {
      least = found;
      best = {
        min: from === low ? whole.min : (from + first) * width,
        max: to === high ? whole.max : (to + first) * width,
      };
    }
  }
  return best;
}

function withoutZeroSpike({ counts, first }: Histogram): Float64Array {
  const calm = counts.slice();
  const zero = -first;
  const neighbours = [calm[zero - 1] ?? 0, calm[zero + 1] ?? 0];
  if (zero < calm.length) calm[zero] = Math.min(calm[zero] as number, Math.max(...neighbours));
  return calm;
}

/**
 * Kullback-Leibler divergence of bins [from, to), with all that lies outside put into the end bins, from the same bins
 * after sharing each level's mass evenly among its filled bins. The latter is a share of all values, so it lacks what is
 * clipped: were it a share of those inside, a range whose only filled bin is its last would seem to lose nothing.
 */
function divergence(counts: Float64Array, cumulative: Float64Array, from: number, to: number): number {
  const bins = to - from;
  const total = cumulative[counts.length] as number;
  const inside = (cumulative[to] as number) - (cumulative[from] as number);
  const below = cumulative[from] as number;
  const above = total - (cumulative[to] as number);
  if (total === 0 || inside === 0) return total === 0 ? 0 : Number.POSITIVE_INFINITY;
  let sum = 0;
  for (let level = 0; level < LEVELS; level++) {
    const start = from + Math.floor((level * bins) / LEVELS);
    const end = from + Math.floor(((level + 1) * bins) / LEVELS);
    const filled = filledBins(counts, start, end);
    const share = filled === 0 ? 0 : ((cumulative[end] as number) - (cumulative[start] as number)) / filled / total;
    for (let i = start; i < end; i++) {
      const count = counts[i] as number;
      const clipped = (i === from ? below : 0) + (i === to - 1 ? above : 0);
      const reference = (count + clipped) / total;
      if (reference === 0) continue;
      const quantized = count > 0 ? share : 0;
      sum += reference * Math.log(reference / Math.max(quantized, SMOOTHING / bins));
    }
  }
  return sum;
}

function filledBins(counts: Float64Array, start: number, end: number): number {
  let filled = 0;
  for (let i = start; i < end; i++) if ((counts[i] as number) > 0) filled++;
  return filled;
}
