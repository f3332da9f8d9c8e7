import { type Diagnostic, words } from "../base/diagnostic.js";
import type { DiagnosisRecord, TrialRecord } from "./record.js";
import { readRecord } from "./schema.js";

/** Keys of a record in the order in which the published shape has them; others follow. */
const order = [
  "schemaVersion",
  "experiment",
  "trial",
  "status",
  "stage",
  "diagnostic",
  "reason",
  "scheme",
  "accuracy",
  "latency",
  "size",
  "file",
  "memory",
  "attestation",
  "parity",
  "gap",
  "layers",
  "diagnosis",
  "manifest",
];

/**
 * A record as one line of JSON without its newline: what the ledger stores and `nibble run --json` prints.
 * Keys come in the order of the published shape. A failed trial's diagnostic carries its words too, so that a reader
 * needs no catalog; facts that JSON cannot hold (NaN, infinities) become their names.
 * @throws {Error} when the record breaks its own schema or holds a number that is not finite: a fault of ours.
 */
export function toRecordJson(record: TrialRecord | DiagnosisRecord): string {
  const fields: Readonly<Record<string, unknown>> =
    record.status === "failed" ? { ...record, diagnostic: withWords(record.diagnostic) } : { ...record };
  const keys = [...order.filter((key) => key in fields), ...Object.keys(fields).filter((key) => !order.includes(key))];
  const ordered = Object.fromEntries(keys.map((key) => [key, fields[key]]));
  refuseNonFinite(ordered, "record");
  const outcome = readRecord(ordered);
  if (outcome.kind === "invalid") throw new Error(`results: trial ${record.trial}: ${outcome.reason}`);
  // Line separators are legal in JSON, but not every reader of lines agrees.
  return JSON.stringify(ordered).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}

function withWords(d: Diagnostic): unknown {
  // A stored one has its words, and maybe a code that this version does not know.
  if ("message" in d) return d;
  return { ...d, facts: printable(d.facts), ...words(d) };
}

function printable(value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return value.map(printable);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, printable(item)]));
}

function refuseNonFinite(value: unknown, path: string): void {
  if (typeof value === "number" && !Number.isFinite(value)) throw new Error(`results: ${path} is ${value}`);
  if (typeof value !== "object" || value === null) return;
  for (const [key, item] of Object.entries(value)) refuseNonFinite(item, `${path}.${key}`);
}
