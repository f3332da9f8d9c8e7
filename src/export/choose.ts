import { fail, words } from "../base/diagnostic.js";
import type { TrialSelector } from "../plan/export-forms.js";
import { trialLabels } from "../plan/label.js";
import type { Expectation, MetricName } from "../plan/plan.js";
import { trialNamed } from "../plan/trial-name.js";
import { lowerIsBetter } from "../report/figures/metric-titles.js";
import { type ExpectationResult, evaluateExpectations } from "../results/expectations.js";
import { accuracyOf, type MetricValue, metricValues } from "../results/metric.js";
import type { CompletedRecord, TrialRecord } from "../results/record.js";
import { metricText } from "../results/units.js";

/** The trial that is exported, and what has to be said of the choice. */
export interface Chosen {
  readonly record: CompletedRecord;
  /** As the table calls it. */
  readonly label: string;
  /** Why this one; what it does not promise. One sentence each, without a full stop. */
  readonly sentences: readonly string[];
}

/**
 * The trial that a selector means. A trial by name is taken whatever it reached, and what it missed is said. The best by a metric
 * is chosen among the quantized trials that ran as they were planned (or are stored for TF.js) and meet the expectations on their
 * scheme; where intervals do not tell it from others, or fp32 is no worse, that is said too.
 * @param records of the plan's trials, in its order
 * @throws {DiagnosticError} `unknown-name`, `export-several`, `export-no-result`, `export-no-best`
 */
export function chooseTrial(
  records: readonly TrialRecord[],
  expectations: readonly Expectation[],
  selector: TrialSelector,
): Chosen {
  const subject = { records, labels: trialLabels(records), held: evaluateExpectations(expectations, records) };
  if (selector.kind === "best") return bestTrial(subject, selector.metric);
  return namedTrial(subject, trialNamed(records, selector));
}

interface Subject {
  readonly records: readonly TrialRecord[];
  readonly labels: ReadonlyMap<string, string>;
  readonly held: readonly ExpectationResult[];
}

const labelIn = ({ labels }: Subject, { trial }: TrialRecord) => labels.get(trial) ?? trial;

function namedTrial(subject: Subject, record: TrialRecord): Chosen {
  const label = labelIn(subject, record);
  if (record.status !== "completed") return fail("export-no-result", { trial: label, reason: whyNone(record) });
  const missed = missedBy(subject, record).map((text) => `it does not meet \`${text}\``);
  const unattested = record.scheme.execution === "executed" && !record.attestation.attested;
  return {
    record,
    label,
    sentences: [
      `${label} was asked for by name`,
      ...missed,
      ...(unattested ? [`it did not run as it was planned: ${record.attestation.reason}`] : []),
    ],
  };
}

function whyNone(record: Exclude<TrialRecord, CompletedRecord>): string {
  if (record.status === "skipped") return `it was skipped: ${record.reason}`;
  return `it failed (${record.stage}): ${words(record.diagnostic).message}`;
}

/** Texts of the expectations that a trial does not meet. */
function missedBy({ held }: Subject, { trial }: TrialRecord): readonly string[] {
  return held
    .filter(({ checks }) => checks.some((check) => check.trial === trial && !check.met))
    .map(({ expectation }) => expectation.text);
}

interface Candidate {
  readonly record: CompletedRecord;
  readonly label: string;
  readonly value: MetricValue;
}

/**
 * Latencies of different minutes are not compared: the machine may have been slower in one of them. Speedup is measured
 * beside fp32 at the same time.
 */
const rankedBy: Partial<Record<MetricName, MetricName>> = { latency: "speedup" };

function bestTrial(subject: Subject, metric: MetricName): Chosen {
  const { records } = subject;
  const rank = rankedBy[metric] ?? metric;
  const quantized = records.filter(({ scheme, status }) => scheme.mode !== "fp32" && status !== "skipped");
  const judged = quantized.map((record) => candidateOf(subject, record, rank));
  const candidates = judged.filter((each): each is Candidate => "value" in each);
  const left = judged.flatMap((each) => ("value" in each ? [] : `${each.label}: ${each.why}`));
  const accuracies = candidates.flatMap(({ record }) => accuracyOf(record) ?? []);
  const isShare = accuracies.every((accuracy) => accuracy.isShare);
  const isError = accuracies.some((accuracy) => accuracy.isError);
  const sign = lowerIsBetter.has(rank) || (rank === "accuracy" && isError) ? -1 : 1;
  const [best, ...others] = [...candidates].sort((a, b) => sign * (b.value.value - a.value.value));
  if (best === undefined) return fail("export-no-best", { metric, reasons: left });
  const { record, label } = best;
  const how = rank === metric ? metric : `${metric}, ranked by ${rank}, which is measured beside fp32`;
  const among = candidates.length === 1 ? "the only one that can be" : `of ${candidates.length}`;
  const sentences = [
    `${label} is the best by ${how}: ${rank === "accuracy" && isError ? "error " : ""}${valueText(best.value, rank, isShare)} (${among})`,
    ...apart(best, others, { rank, sign, isShare }),
    ...againstFloat(best, records, { rank, sign, isShare }),
    ...unresolved(subject, record),
    ...(left.length > 0 ? [`not considered: ${left.join("; ")}`] : []),
  ];
  return { record, label, sentences };
}

function candidateOf(
  subject: Subject,
  record: TrialRecord,
  metric: MetricName,
): Candidate | { readonly label: string; readonly why: string } {
  const label = labelIn(subject, record);
  if (record.status === "failed") return { label, why: `failed (${record.stage})` };
  if (record.status === "skipped") return { label, why: "skipped" };
  const [missed] = missedBy(subject, record);
  if (record.accuracy?.stopped) return { label, why: "its evaluation was ended early" };
  if (record.scheme.execution === "simulated" && record.scheme.storage === undefined) {
    return { label, why: "simulated: nothing runs it" };
  }
  if (record.scheme.execution === "executed" && !record.attestation.attested) return { label, why: "not attested" };
  if (missed !== undefined) return { label, why: `\`${missed}\` does not hold` };
  const [value] = metricValues(record, metric);
  return value === undefined ? { label, why: `${metric} was not measured` } : { record, label, value };
}

interface Ranking {
  readonly rank: MetricName;
  readonly sign: 1 | -1;
  readonly isShare: boolean;
}

/** Which others are as good, and which the intervals do not tell from the best. */
function apart(best: Candidate, others: readonly Candidate[], { rank, sign, isShare }: Ranking): readonly string[] {
  const named = ({ label, value }: Candidate) => `${label} (${valueText(value, rank, isShare)})`;
  const same = others.filter(({ value }) => value.value === best.value.value);
  const near = others.filter((each) => !same.includes(each) && overlaps(best.value, each.value, sign));
  return [
    ...(same.length > 0 ? [`as good: ${same.map(named).join(", ")}; the first in the table was taken`] : []),
    ...(near.length > 0 ? [`not told from ${near.map(named).join(", ")}: their 95% intervals overlap`] : []),
  ];
}

function overlaps(best: MetricValue, other: MetricValue, sign: 1 | -1): boolean {
  if (best.ci95 === undefined || other.ci95 === undefined) return false;
  return sign === 1 ? other.ci95[1] >= best.ci95[0] : other.ci95[0] <= best.ci95[1];
}

function againstFloat(
  { value }: Candidate,
  records: readonly TrialRecord[],
  { rank, sign, isShare }: Ranking,
): readonly string[] {
  if (rank === "speedup") return value.value > 1 ? [] : ["fp32 is no slower"];
  const float = records.find(({ scheme, status }) => scheme.mode === "fp32" && status === "completed");
  const [own] = float?.status === "completed" ? metricValues(float, rank) : [];
  if (own === undefined || sign * (value.value - own.value) > 0) return [];
  return [`fp32 has ${metricText(rank, own.value, isShare)}`];
}

/** Expectations that hold by the measured value, while the interval leaves them open. */
function unresolved({ held }: Subject, { trial }: CompletedRecord): readonly string[] {
  return held
    .filter(({ checks }) => checks.some((check) => check.trial === trial && check.met && !check.resolved))
    .map(
      ({ expectation }) => `\`${expectation.text}\` holds by the measured value, but its 95% interval passes the bound`,
    );
}

function valueText({ value, ci95, batch, threads }: MetricValue, metric: MetricName, isShare: boolean): string {
  const text = (number: number) => metricText(metric, number, isShare);
  const interval = ci95 ? ` [${text(ci95[0])}, ${text(ci95[1])}]` : "";
  const setting =
    batch === undefined
      ? ""
      : ` at batch ${batch}${threads === undefined || threads === 1 ? "" : `, ${threads} threads`}`;
  return `${text(value)}${interval}${setting}`;
}
