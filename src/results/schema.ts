import type { DiagnosisRecord, TrialRecord } from "./record.js";

/** The schemaVersion that this code writes; it reads this one only. */
export const SCHEMA_VERSION = 1;

/** Says what is wrong with a value, `path: reason`, or nothing. */
export type Check = (value: unknown, path: string) => string | undefined;

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

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const is =
  (what: string, test: (value: unknown) => boolean): Check =>
  (value, path) =>
    test(value) ? undefined : `${path} is not ${what}`;

export const string = is("a string", (value) => typeof value === "string");
export const boolean = is("true or false", (value) => typeof value === "boolean");
export const number = is("a finite number", (value) => Number.isFinite(value));
const count = is("a whole number of at least 0", (value) => Number.isSafeInteger(value) && (value as number) >= 0);
const positive = is("a number above 0", (value) => Number.isFinite(value) && (value as number) > 0);
const atLeastZero = is("a number of at least 0", (value) => Number.isFinite(value) && (value as number) >= 0);
const numberOrNull = is("a finite number or null", (value) => value === null || Number.isFinite(value));
export const oneOf = (...values: readonly string[]) =>
  is(`one of ${values.join(", ")}`, (value) => values.includes(value as string));

/** Fields by name; a name that ends in "?" may be missing. */
export function object(fields: Readonly<Record<string, Check>>): Check {
  const list = Object.entries(fields).map(([key, check]) => ({
    name: key.replace(/\?$/, ""),
    optional: key.endsWith("?"),
    check,
  }));
  return (value, path) => {
    if (!isObject(value)) return `${path || "it"} is not an object`;
    for (const { name, optional, check } of list) {
      const field = Object.hasOwn(value, name) ? value[name] : undefined;
      const fieldPath = path === "" ? name : `${path}.${name}`;
      if (field === undefined && optional) continue;
      if (field === undefined) return `${fieldPath} is missing`;
      const reason = check(field, fieldPath);
      if (reason !== undefined) return reason;
    }
    return undefined;
  };
}

/** A list of which every item passes `check`. */
export function arrayOf(check: Check): Check {
  return (value, path) => {
    if (!Array.isArray(value)) return `${path} is not a list`;
    return firstReason(value.map((item, i) => () => check(item, `${path}[${i}]`)));
  };
}

/** An object with any names. */
function mapOf(check: Check): Check {
  return (value, path) => {
    if (!isObject(value)) return `${path} is not an object`;
    return firstReason(
      Object.entries(value).map(
        ([key, item]) =>
          () =>
            check(item, `${path}.${key}`),
      ),
    );
  };
}

function firstReason(checks: readonly (() => string | undefined)[]): string | undefined {
  for (const check of checks) {
    const reason = check();
    if (reason !== undefined) return reason;
  }
  return undefined;
}

const interval: Check = (value, path) => {
  const reason = arrayOf(number)(value, path);
  if (reason !== undefined) return reason;
  const [low, high] = value as readonly number[];
  const ordered = (value as readonly number[]).length === 2 && (low as number) <= (high as number);
  return ordered ? undefined : `${path} is not two numbers in ascending order`;
};

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
    "pairSums?": oneOf("exact", "saturating"),
  }),
});

const share = is(
  "a number from 0 to 1",
  (value) => Number.isFinite(value) && (value as number) >= 0 && (value as number) <= 1,
);

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
  batch: count,
  threads: count,
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
      batch: count,
      threads: count,
      pricePerHour: atLeastZero,
      perMillion: atLeastZero,
      baselinePerMillion: atLeastZero,
      saving: estimate,
    }),
  ),
  "energy?": arrayOf(
    object({ batch: count, threads: count, joulesPerInference: positive, baselineJoulesPerInference: positive }),
  ),
};

const base = { schemaVersion: number, experiment: string, trial: string, scheme, manifest };

const completed = object({
  ...base,
  "accuracy?": object({
    "top1?": sampled,
    "mae?": sampled,
    "agreement?": sampled,
    drop: estimate,
    "flips?": count,
    "discordant?": object({ lost: count, gained: count, "p?": share }),
    "metrics?": object({
      "top5?": sampled,
      "macro_f1?": sampled,
      "rmse?": sampled,
      "r2?": sampled,
      "perplexity?": sampled,
    }),
    "divergence?": object({ "sameTop?": sampled, "kl?": sampled, "cosine?": sampled }),
    "confusion?": arrayOf(object({ from: string, to: string, count })),
    "resolution?": object({ question: string, resolved: boolean, "needed?": count }),
    "stopped?": object({ after: count, of: count, reason: string }),
    "remarks?": arrayOf(string),
  }),
  "latency?": arrayOf(
    object({
      batch: count,
      threads: count,
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
      sameTop: share,
      integerNodes: count,
      "unfused?": object({ maxSteps: atLeastZero, sameTop: share }),
      "layer?": string,
      "disagreement?": string,
    }),
  }),
  parity: object({ maxRelativeError: number, samples: count, reference: string }),
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
    metric: oneOf("top1", "mae", "agreement"),
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
