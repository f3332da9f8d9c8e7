import { accuracyOf } from "../results/metric.js";
import type { CompletedRecord, GapResult } from "../results/record.js";
import { errorPercent, percent, percentDigits, plain } from "../results/units.js";

/** Steps that the engine's rounding may be away from the definition of an operator. */
const MOST_STEPS = 1;
/** Share of an error that float arithmetic in another order may move it by. A share of samples is exact. */
const ROUNDING = 1e-3;

/** Whether what ran is not what the definitions of the operators say, beyond rounding. */
export function isApart(record: CompletedRecord): boolean {
  return record.gap !== undefined && (record.gap.maxSteps > MOST_STEPS || changesAccuracy(record.gap, record));
}

function changesAccuracy({ accuracy }: GapResult, record: CompletedRecord): boolean {
  const { isError, value, name } = accuracyOf(record) ?? { isError: false, value: 0, name: "top1" };
  // Of thousands of next tokens some lie between two answers that are equal but for rounding.
  if (name === "next_token") return Math.abs(accuracy) > ROUNDING;
  return Math.abs(accuracy) > (isError ? ROUNDING * value : 0);
}

/** What must be said of a trial of which simulated and executed are apart: how far, where it begins, what it does to accuracy. */
export function gapRemarks(record: CompletedRecord): readonly string[] {
  const { gap } = record;
  if (gap === undefined || !isApart(record)) return [];
  const start = gap.layers.find(({ maxSteps }) => maxSteps > 0)?.layer;
  const where = start === undefined ? "" : `, from layer "${start}" on`;
  const steps = `simulated and executed differ by ${largest([gap])}${where}`;
  return [`(!) ${steps}${changesAccuracy(gap, record) ? `; ${accuracyText(gap, record)}` : ""}`];
}

function accuracyText({ accuracy, samples }: GapResult, record: CompletedRecord): string {
  const size = Math.abs(accuracy);
  const side = accuracy > 0 ? "more" : "less";
  const said = `${side} when simulated (${count(samples)})`;
  switch (accuracyOf(record)?.name) {
    case "mae":
      return `mean error is ${plain(size)} ${said}`;
    case "relative_error":
      return `error against fp32 is ${errorPercent(size)}% ${said}`;
    default:
      return `accuracy is ${percent(size, percentDigits(samples))} ${said}`;
  }
}

/** One sentence on all trials that were simulated; undefined when none was. */
export function gapSentence(records: readonly CompletedRecord[]): string | undefined {
  const gaps = records.flatMap(({ gap }) => gap ?? []);
  if (gaps.length === 0) return undefined;
  const samples = gaps.map((gap) => gap.samples);
  const [least, most] = [Math.min(...samples), Math.max(...samples)];
  const over = least === most ? count(most) : `${least}–${count(most)}`;
  const maxSteps = Math.max(...gaps.map((gap) => gap.maxSteps));
  if (maxSteps === 0) return `simulated and executed agree to the bit (${over})`;
  if (maxSteps > MOST_STEPS) return `simulated and executed differ by ${largest(gaps)} (${over})`;
  return `simulated and executed agree within 1 step of quantization (largest ${stepText(maxSteps)}, ${over})`;
}

function largest(gaps: readonly GapResult[]): string {
  const maxSteps = Math.max(...gaps.map((gap) => gap.maxSteps));
  return `up to ${stepText(maxSteps)} ${maxSteps === 1 ? "step" : "steps"} of quantization`;
}

function count(samples: number): string {
  return `${samples} ${samples === 1 ? "sample" : "samples"}`;
}

/** Steps with two significant digits: codes differ by whole ones, float results by parts of one. */
export function stepText(steps: number): string {
  if (steps > 0 && steps < 0.001) return "<0.001";
  return Number.isInteger(steps) ? String(steps) : plain(Number(steps.toPrecision(2)));
}
