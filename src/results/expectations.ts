import { trialLabels } from "../plan/label.js";
import type { Expectation } from "../plan/plan.js";
import { accuracyOf, type MetricValue, metricValues, type NamedAccuracy } from "./metric.js";
import type { CompletedRecord, TrialRecord } from "./record.js";
import { withResolution } from "./resolution.js";
import { metricText } from "./units.js";

/** What one trial says to an expectation. */
export interface ExpectationCheck {
  readonly trial: string;
  readonly label: string;
  /** The value farthest from what is expected; absent when the trial failed or did not measure it. */
  readonly value?: number;
  readonly met: boolean;
  /** False when the 95% interval lies on both sides of the bound: more samples could turn the answer. */
  readonly resolved: boolean;
  /** Its interval is too narrow: a few samples decide the value. */
  readonly narrow?: true;
  /** Of an accuracy drop that is not resolved: about so many test samples would tell; see `Resolution`. */
  readonly needed?: number;
}

export interface ExpectationResult {
  readonly expectation: Expectation;
  /** True when at least one trial of the scheme ran and every one meets the bound. */
  readonly met: boolean;
  readonly resolved: boolean;
  readonly checks: readonly ExpectationCheck[];
  /** One line for people. */
  readonly sentence: string;
}

/**
 * Holds a plan's expectations against its records. The measured value decides; the interval decides only whether the
 * answer is called resolved, so that the exit code does not depend on how long was measured.
 * Every trial of the scheme must meet it, at every batch size; failed trials do not, skipped ones are not asked.
 */
export function evaluateExpectations(
  expectations: readonly Expectation[],
  records: readonly TrialRecord[],
): readonly ExpectationResult[] {
  const labels = trialLabels(records);
  return expectations.map((expectation) => {
    const asked = records.filter(({ scheme, status }) => scheme.name === expectation.scheme && status !== "skipped");
    const checks = asked.map((record) => checkRecord(expectation, record, labels.get(record.trial) ?? record.trial));
    const met = checks.length > 0 && checks.every((check) => check.met);
    const resolved = checks.every((check) => check.resolved);
    const sentence = `${expectation.text}: ${reasonOf(expectation, asked, checks)}`;
    return { expectation, met, resolved, checks, sentence };
  });
}

function checkRecord(expectation: Expectation, record: TrialRecord, label: string): ExpectationCheck {
  const about = { trial: record.trial, label };
  const worst = record.status === "completed" ? worstValue(expectation, record) : undefined;
  if (worst === undefined) return { ...about, met: false, resolved: true };
  const [low, high] = worst.ci95 ?? [worst.value, worst.value];
  const met = holds(expectation, worst.value);
  const resolved = holds(expectation, low) === met && holds(expectation, high) === met;
  const needed = resolved ? undefined : neededFor(expectation, record);
  const narrow = worst.narrow ? { narrow: worst.narrow } : {};
  return { ...about, value: worst.value, met, resolved, ...narrow, ...(needed === undefined ? {} : { needed }) };
}

/** Test samples that would resolve an expectation of the accuracy drop. */
function neededFor(expectation: Expectation, record: TrialRecord): number | undefined {
  if (expectation.metric !== "accuracy_drop" || expectation.comparison === "=") return undefined;
  const asked = withResolution(record, [expectation]);
  return asked.status === "completed" ? asked.accuracy?.resolution?.needed : undefined;
}

/** Of several batch sizes the one that is farthest on the wrong side. */
function worstValue(expectation: Expectation, record: CompletedRecord): MetricValue | undefined {
  const values = metricValues(record, expectation.metric);
  const excess = ({ value }: MetricValue) => {
    if (expectation.comparison === "=") return Math.abs(value - expectation.value);
    return expectation.comparison.startsWith("<") ? value : -value;
  };
  return [...values].sort((a, b) => excess(b) - excess(a))[0];
}

function holds({ comparison, value: bound }: Expectation, value: number): boolean {
  switch (comparison) {
    case "<":
      return value < bound;
    case "<=":
      return value <= bound;
    case ">":
      return value > bound;
    case ">=":
      return value >= bound;
    case "=":
      return value === bound;
  }
}

function reasonOf(
  expectation: Expectation,
  asked: readonly TrialRecord[],
  checks: readonly ExpectationCheck[],
): string {
  if (checks.length === 0) return `not met: no trial of "${expectation.scheme}" ran`;
  const completed = asked.find((record) => record.status === "completed");
  const accuracy = completed && accuracyOf(completed);
  const missed = checks.filter((check) => !check.met);
  if (missed.length > 0) {
    const shown = missed.slice(0, 3).map((check) => `${check.label} ${valueText(expectation, check, asked, accuracy)}`);
    const more = missed.length > 3 ? ` and ${missed.length - 3} more` : "";
    return `not met by ${shown.join(", ")}${more}`;
  }
  const { length } = checks;
  const count = length === 1 ? "met" : `met by ${length === 2 ? "both" : `all ${length}`} trials`;
  const open = checks.filter((check) => !check.resolved).map((check) => check.label);
  if (open.length === 0) return `${count}${narrowText(checks)}`;
  return `${count}, but not resolved for ${open.join(", ")}: the 95% interval passes the bound${samplesText(checks)}`;
}

/** That an answer rests on an interval that is too narrow, and of which trials. */
function narrowText(checks: readonly ExpectationCheck[]): string {
  const names = checks.filter(({ narrow }) => narrow).map(({ label }) => label);
  if (names.length === 0) return "";
  const whose = names.length === checks.length ? "" : ` of ${names.join(", ")}`;
  return `, but a few samples decide the value${whose}: its interval may be too narrow`;
}

/** How many samples would resolve every check that is open; nothing where one could not be told. */
function samplesText(checks: readonly ExpectationCheck[]): string {
  const open = checks.filter(({ resolved }) => !resolved).map(({ needed }) => needed);
  if (open.some((needed) => needed === undefined)) return "";
  return `; about ${Math.max(...open.map((needed) => needed ?? 0)).toLocaleString("en-US")} test samples would tell`;
}

function valueText(
  expectation: Expectation,
  check: ExpectationCheck,
  asked: readonly TrialRecord[],
  accuracy: NamedAccuracy | undefined,
): string {
  if (check.value === undefined)
    return `(${whyNoValue(
      expectation.metric,
      asked.find(({ trial }) => trial === check.trial),
    )})`;
  const what = expectation.metric === "accuracy" && accuracy?.isError ? "error " : "";
  return `(${what}${metricText(expectation.metric, check.value, accuracy?.isShare)}${check.resolved ? "" : ", not resolved"})`;
}

/** Why a trial whose accuracy was measured lacks one of its figures. */
const whyAbsent: Partial<Record<Expectation["metric"], string>> = {
  cosine: "not measured: the model has one output",
  flips: "not measured: the outputs are no distributions, so none of them is the answer",
  same_top: "not measured: the outputs are no distributions, so none of them is the answer",
  kl: "not measured: the outputs are no distributions",
  perplexity: "not measured: the outputs are no distributions",
  r2: "not measured: the test labels do not vary",
  top5: "not measured: fewer than six classes",
};

function whyNoValue(metric: Expectation["metric"], record: TrialRecord | undefined): string {
  const why = whyAbsent[metric];
  if (record?.status === "completed" && record.accuracy && why) return why;
  if (record?.status === "failed") return "failed";
  if (record?.scheme.execution === "simulated") return "simulated, so never timed";
  const timed = record?.status === "completed" && record.latency !== undefined;
  if (timed && !record.attestation.attested) return "not attested";
  return timed && record.latency.some(({ rejected }) => rejected !== undefined) ? "rejected" : "not measured";
}
