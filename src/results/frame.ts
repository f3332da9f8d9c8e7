import { sameSetting, type TimedSetting } from "../measure/setting.js";
import { trialLabels } from "../plan/label.js";
import { accuracyOf } from "./metric.js";
import type { CompletedRecord, LatencyResult, TrialRecord } from "./record.js";

type Cell = number | string | null;

/**
 * Records as columns of equal length, for a data frame: one row a trial and batch size. Fractions, ratios, milliseconds
 * and bytes; null where something was not measured, and in the numbers of failed and skipped trials.
 */
export function frameColumns(records: readonly TrialRecord[]): Record<string, Cell[]> {
  const labels = trialLabels(records);
  const rows = records.flatMap((record) =>
    latenciesOf(record).map((latency) => rowOf(record, latency, labels.get(record.trial) ?? record.trial)),
  );
  const names = Object.keys(rows[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, rows.map((row) => row[name] ?? null)]));
}

function latenciesOf(record: TrialRecord): readonly (LatencyResult | undefined)[] {
  const latencies = record.status === "completed" ? (record.latency ?? []) : [];
  return latencies.length === 0 ? [undefined] : latencies;
}

function rowOf(record: TrialRecord, latency: LatencyResult | undefined, label: string): Record<string, Cell> {
  const { scheme } = record;
  return {
    experiment: record.experiment,
    trial: record.trial,
    label,
    status: record.status,
    scheme: scheme.name,
    mode: scheme.mode,
    weights: scheme.weights ?? null,
    granularity: scheme.granularity ?? null,
    group: scheme.group ?? null,
    symmetry: scheme.symmetry ?? null,
    activations: scheme.activations ?? null,
    activation_group: scheme.activationGroup ?? null,
    calibration: scheme.calibration ?? null,
    samples: scheme.samples ?? null,
    method: scheme.method ?? null,
    exactness: scheme.exactness ?? null,
    execution: scheme.execution,
    ...accuracyCells(record.status === "completed" ? record : undefined),
    ...latencyCells(latency),
    ...physicsCells(record.status === "completed" ? record : undefined, latency),
    ...resourceCells(record.status === "completed" ? record : undefined),
    reason: reasonOf(record),
  };
}

function accuracyCells(record: CompletedRecord | undefined): Record<string, Cell> {
  const accuracy = record && accuracyOf(record);
  const drop = record?.accuracy?.drop;
  return {
    metric: accuracy?.name ?? null,
    accuracy: accuracy?.value ?? null,
    accuracy_low: accuracy?.ci95[0] ?? null,
    accuracy_high: accuracy?.ci95[1] ?? null,
    accuracy_drop: drop?.value ?? null,
    accuracy_drop_low: drop?.ci95[0] ?? null,
    accuracy_drop_high: drop?.ci95[1] ?? null,
    flips: record?.accuracy?.flips ?? null,
    test_samples: accuracy?.n ?? null,
    ...furtherCells(record),
  };
}

/** Metrics of the same samples, and how far the outputs are from fp32's. */
function furtherCells(record: CompletedRecord | undefined): Record<string, Cell> {
  const { metrics, divergence, discordant, resolution, stopped } = record?.accuracy ?? {};
  return {
    mcnemar_p: discordant?.p ?? null,
    top5: metrics?.top5?.value ?? null,
    macro_f1: metrics?.macro_f1?.value ?? null,
    rmse: metrics?.rmse?.value ?? null,
    r2: metrics?.r2?.value ?? null,
    perplexity: metrics?.perplexity?.value ?? null,
    perplexity_increase: metrics?.perplexity_increase?.value ?? null,
    perplexity_increase_low: metrics?.perplexity_increase?.ci95[0] ?? null,
    perplexity_increase_high: metrics?.perplexity_increase?.ci95[1] ?? null,
    same_top: divergence?.sameTop?.value ?? null,
    kl: divergence?.kl?.value ?? null,
    cosine: divergence?.cosine?.value ?? null,
    resolved: resolution ? String(resolution.resolved) : null,
    samples_needed: resolution?.needed ?? null,
    stopped_after: stopped?.after ?? null,
  };
}

function latencyCells(latency: LatencyResult | undefined): Record<string, Cell> {
  return {
    phase: latency?.phase ?? null,
    context: latency?.context ?? null,
    tokens_per_second: latency?.tokensPerSecond ?? null,
    batch: latency?.batch ?? null,
    threads: latency?.threads ?? null,
    latency_ms: latency?.medianMs ?? null,
    p90_ms: latency?.p90Ms ?? null,
    p99_ms: latency?.p99Ms ?? null,
    baseline_ms: latency?.baselineMs ?? null,
    speedup: latency?.speedup.value ?? null,
    speedup_low: latency?.speedup.ci95[0] ?? null,
    speedup_high: latency?.speedup.ci95[1] ?? null,
    control: latency?.control.value ?? null,
    verdict: latency?.verdict ?? null,
    rejected: latency?.rejected ?? null,
  };
}

/** What the machine allows and what it costs, at the row's batch size and number of threads. */
function physicsCells(record: CompletedRecord | undefined, latency: LatencyResult | undefined): Record<string, Cell> {
  const here = (each: TimedSetting) => latency !== undefined && sameSetting(each, latency);
  const roofline = record?.roofline?.find(here);
  const cost = record?.cost?.find(here);
  const energy = record?.energy?.find(here);
  return {
    macs: roofline?.trial.macs ?? null,
    least_ms: roofline?.trial.leastMs ?? null,
    overhead_ms: roofline?.trial.overheadMs ?? null,
    peak_share: roofline?.trial.share ?? null,
    bound: roofline?.trial.bound ?? null,
    most_speedup: roofline?.mostSpeedup ?? null,
    why: roofline?.reason ?? null,
    cost_per_million: cost?.perMillion ?? null,
    saving: cost?.saving.value ?? null,
    saving_low: cost?.saving.ci95[0] ?? null,
    saving_high: cost?.saving.ci95[1] ?? null,
    joules: energy?.joulesPerInference ?? null,
  };
}

function resourceCells(record: CompletedRecord | undefined): Record<string, Cell> {
  return {
    size_bytes: record?.size?.bytes ?? null,
    size_reduction: record?.size ? 1 - record.size.ratio : null,
    memory_bytes: record?.memory?.peakBytes ?? null,
    integer_nodes: record?.attestation.integerNodes ?? null,
    float_nodes: record?.attestation.floatNodes ?? null,
    attested: record ? String(record.attestation.attested) : null,
    parity: record?.parity?.maxRelativeError ?? null,
    gap_accuracy: record?.gap?.accuracy ?? null,
    gap_steps: record?.gap?.maxSteps ?? null,
  };
}

/** Why a trial has no figures; the verdict's place for those that failed or were skipped. */
function reasonOf(record: TrialRecord): string | null {
  if (record.status === "skipped") return record.reason;
  return record.status === "failed" ? `${record.stage}: ${record.diagnostic.code}` : null;
}
