import {
  arrayOf,
  atLeastZero,
  boolean,
  type Check,
  count,
  interval,
  isObject,
  mapOf,
  number,
  numberOrNull,
  object,
  oneOf,
  positive,
  share,
  string,
} from "./checks.js";
import type { DiagnosisRecord, TrialRecord } from "./record.js";

/** The schemaVersion that this code writes; it reads this one only. */
export const SCHEMA_VERSION = 1;

type Outcome =
  | { readonly kind: "record"; readonly record: TrialRecord | DiagnosisRecord }
  | { readonly kind: "version"; readonly version: string }
  | { readonly kind: "invalid"; readonly reason: string };

/**
 * Reads one parsed line as a record. Fields that this version does not know are kept and ignored, so that a later one
 * may add some; a missing, mistyped or non-finite field makes the line invalid.
 */
export function readRecord(value: unknown): Outcome {
  if (!isObject(value)) return { kind: "invalid", reason: "it is not an object" };
  const version = value.schemaVersion;
  if (version !== SCHEMA_VERSION) {
    return typeof version === "number"
      ? { kind: "version", version: String(version) }
      : { kind: "invalid", reason: "schemaVersion is missing" };
  }
  const reason = trialRecord(value, "");
  return reason === undefined
    ? { kind: "record", record: value as unknown as TrialRecord | DiagnosisRecord }
    : { kind: "invalid", reason };
}

const estimate = object({ value: number, ci95: interval });
const sampled = object({ value: number, ci95: interval, n: count, "narrow?": boolean });
const ratio = object({ value: positive, ci95: interval });

const scheme = object({
  name: string,
  mode: string,
  "weights?": string,
  "granularity?": string,
  "group?": count,
  "symmetry?": oneOf("symmetric", "asymmetric"),
  "activations?": string,
  "activationGroup?": count,
  "calibration?": string,
  "samples?": count,
  "method?": string,
  "exactness?": string,
  "keep?": mapOf(string),
  "storage?": oneOf("tfjs"),
  execution: oneOf("executed", "simulated"),
});

const manifest = object({
  plan: string,
  model: string,
  data: string,
  seed: number,
  environment: object({
    node: string,
    engine: string,
    tfjs: string,
    cpu: string,
    cpuFlags: arrayOf(string),
    cores: count,
    platform: string,
    nibble: string,
    "lastLevelCacheBytes?": count,
    "pairSums?": oneOf("exact", "saturating"),
  }),
});

const conditions = object({
  "pinned?": arrayOf(count),
  "clockGhz?": object({ min: positive, median: positive, max: positive }),
  "stealShare?": share,
  "busyShare?": share,
  "pinnedLostShare?": share,
  discarded: object({ blocks: count, of: count }),
  remarks: arrayOf(string),
});

const processSamples = object({
  baselineMs: arrayOf(positive),
  trialMs: arrayOf(positive),
  control: object({ baselineMs: arrayOf(positive), againMs: arrayOf(positive) }),
  "runsPerSample?": object({ baseline: count, trial: count }),
  "stoppedBy?": oneOf("pairs", "time", "clock"),
});

const diagnosisArm = object({ drop: estimate, sqnrDb: numberOrNull });

const calibration = object({
  samples: count,
  "classes?": object({ total: count, missing: arrayOf(string) }),
  leaked: count,
  "leaks?": arrayOf(object({ calibration: count, test: count })),
  "growth?": arrayOf(object({ samples: count, rangeChange: atLeastZero, drop: estimate })),
});

/** With how many samples and threads something was timed; of a language model also its phase and the tokens before it. */
const setting = { batch: count, threads: count, "phase?": oneOf("prefill", "decode"), "context?": count };

const armRoofline = object({
  macs: atLeastZero,
  bytes: atLeastZero,
  leastMs: atLeastZero,
  share: atLeastZero,
  bound: oneOf("compute", "memory"),
  nodes: count,
  overheadMs: atLeastZero,
});

/** Peaks of a machine, as records and the file that keeps them hold them. */
export const machinePeaks = object({
  threads: count,
  floatMacs: positive,
  integerMacs: positive,
  bandwidth: arrayOf(object({ footprintBytes: positive, bytesPerSecond: positive })),
  overhead: object({ runMs: atLeastZero, nodeMs: atLeastZero }),
});

const nodeTimes = arrayOf(object({ node: string, operator: string, "layer?": string, microseconds: atLeastZero }));

const roofline = object({
  ...setting,
  peaks: machinePeaks,
  baseline: armRoofline,
  trial: armRoofline,
  mostSpeedup: positive,
  nodes: object({ baseline: nodeTimes, trial: nodeTimes }),
  reason: string,
});

/** What the parts of a trial's record that explain it hold. */
const explanations = {
  "split?": object({ all: diagnosisArm, weightsOnly: diagnosisArm, "activationsOnly?": diagnosisArm, samples: count }),
  "ranges?": arrayOf(
    object({
      value: string,
      "layer?": string,
      seen: interval,
      chosen: interval,
      saturated: share,
      histogram: arrayOf(count),
    }),
  ),
  "calibration?": calibration,
  "roofline?": arrayOf(roofline),
  "cost?": arrayOf(
    object({
      ...setting,
      pricePerHour: atLeastZero,
      perMillion: atLeastZero,
      baselinePerMillion: atLeastZero,
      saving: estimate,
    }),
  ),
  "energy?": arrayOf(object({ ...setting, joulesPerInference: positive, baselineJoulesPerInference: positive })),
};

const base = { schemaVersion: number, experiment: string, trial: string, scheme, manifest };

const completed = object({
  ...base,
  "accuracy?": object({
    "top1?": sampled,
    "mae?": sampled,
    "agreement?": sampled,
    "relativeError?": sampled,
    "nextToken?": sampled,
    "tokens?": count,
    drop: estimate,
    "flips?": count,
    "discordant?": object({ lost: count, gained: count, "p?": share }),
    "metrics?": object({
      "top5?": sampled,
      "macro_f1?": sampled,
      "rmse?": sampled,
      "r2?": sampled,
      "perplexity?": sampled,
      "perplexity_increase?": sampled,
    }),
    "divergence?": object({ "sameTop?": sampled, "kl?": sampled, "cosine?": sampled }),
    "confusion?": arrayOf(object({ from: string, to: string, count })),
    "resolution?": object({ question: string, resolved: boolean, "needed?": count }),
    "stopped?": object({ after: count, of: count, reason: string }),
    "remarks?": arrayOf(string),
  }),
  "latency?": arrayOf(
    object({
      ...setting,
      "file?": string,
      "tokensPerSecond?": positive,
      "baselineTokensPerSecond?": positive,
      medianMs: positive,
      "p90Ms?": positive,
      "p99Ms?": positive,
      baselineMs: positive,
      "baselineP90Ms?": positive,
      "baselineP99Ms?": positive,
      speedup: ratio,
      control: ratio,
      processes: count,
      pairs: count,
      "quick?": boolean,
      optimization: object({ baseline: string, trial: string }),
      verdict: string,
      "conditions?": conditions,
      "rejected?": string,
      "samples?": arrayOf(processSamples),
    }),
  ),
  "size?": object({
    bytes: count,
    ratio: positive,
    codes: count,
    scales: count,
    zeroPoints: count,
    float: count,
    other: count,
  }),
  "file?": object({ sha256: string, bytes: count }),
  "memory?": object({ peakBytes: count, "engineBytes?": count }),
  attestation: object({
    integerNodes: count,
    floatNodes: count,
    attested: boolean,
    reason: string,
    "fallen?": arrayOf(object({ node: string, "layer?": string, ran: string, reason: string, "costMs?": atLeastZero })),
    "hazards?": arrayOf(string),
    "crossCheck?": object({
      samples: count,
      maxSteps: atLeastZero,
      "sameTop?": share,
      integerNodes: count,
      "unfused?": object({ maxSteps: atLeastZero, "sameTop?": share }),
      "layer?": string,
      "disagreement?": string,
    }),
  }),
  "parity?": object({ maxRelativeError: number, samples: count, reference: string, "of?": oneOf("given") }),
  "synthetic?": boolean,
  "gap?": object({
    accuracy: number,
    maxSteps: atLeastZero,
    "agreement?": share,
    samples: count,
    layers: arrayOf(object({ layer: string, maxSteps: atLeastZero })),
  }),
  "layers?": arrayOf(object({ layer: string, sqnrDb: numberOrNull })),
  ...explanations,
});

const failed = object({
  ...base,
  stage: oneOf("load", "parity", "calibrate", "quantize", "lower", "accuracy", "latency", "memory"),
  diagnostic: object({ code: string, severity: oneOf("error", "warning", "note"), facts: mapOf(() => undefined) }),
});

const skipped = object({ ...base, reason: string });

const diagnosed = object({
  ...base,
  diagnosis: object({
    metric: oneOf("top1", "mae", "agreement", "relative_error", "next_token"),
    all: diagnosisArm,
    weightsOnly: diagnosisArm,
    "activationsOnly?": diagnosisArm,
    layers: arrayOf(object({ layer: string, alone: diagnosisArm, kept: diagnosisArm, gain: estimate })),
    "calibration?": calibration,
    samples: count,
    findings: arrayOf(string),
  }),
});

const byStatus: Readonly<Record<string, Check>> = { completed, failed, skipped, diagnosed };

const trialRecord: Check = (value, path) => {
  const status = String((value as Readonly<Record<string, unknown>>).status);
  const check = Object.hasOwn(byStatus, status) ? byStatus[status] : undefined;
  return check === undefined ? "status is not one of completed, failed, skipped, diagnosed" : check(value, path);
};
