import { words } from "../base/diagnostic.js";
import { trialLabels } from "../plan/label.js";
import type { CompletedRecord, FailedRecord, TrialRecord } from "../results/record.js";
import { trialRemarks } from "./remarks.js";
import { isBaseline, visible } from "./rows.js";

/** A remark on one trial, or on several that have it in common. */
export interface Note {
  readonly label: string;
  readonly text: string;
}

/**
 * What must be said of completed trials: kernels that did not run as planned, figures that answer nothing, speeds that are
 * no gain and why. Remarks that trials have in common are said once; where they differ in numbers alone, with their range.
 */
export function trialNotes(records: readonly TrialRecord[]): readonly Note[] {
  const labels = trialLabels(records);
  const quantized = records.filter(
    (record): record is CompletedRecord => record.status === "completed" && !isBaseline(record),
  );
  const folded = new Map<string, { readonly labels: string[]; readonly texts: string[] }>();
  for (const record of quantized) {
    const label = visible(labels.get(record.trial) ?? record.trial);
    for (const { text, folds } of trialRemarks(record)) {
      const shown = visible(text);
      const key = folds ? shown.replace(NUMBER, "#") : shown;
      const group = folded.get(key) ?? { labels: [], texts: [] };
      if (!group.labels.includes(label)) group.labels.push(label);
      group.texts.push(shown);
      folded.set(key, group);
    }
  }
  const notes = [...folded.values()].map(({ labels: names, texts }) => ({
    label: together(names, quantized.length),
    text: withRanges(texts),
  }));
  const isGrave = ({ text }: Note) => text.startsWith("(!)");
  return [...notes.filter(isGrave), ...notes.filter((note) => !isGrave(note))];
}

const NUMBER = /\d+(?:\.\d+)?/g;

/** Texts that are equal but for their numbers as one, with the range of each number that differs. */
function withRanges(texts: readonly string[]): string {
  const numbers = texts.map((text) => (text.match(NUMBER) ?? []).map(String));
  let index = 0;
  return (texts[0] ?? "").replace(NUMBER, () => {
    const values = numbers.map((found) => found[index] ?? "").sort((a, b) => Number(a) - Number(b));
    index++;
    const [low, high] = [values[0] ?? "", values.at(-1) ?? ""];
    return low === high ? low : `${low}–${high}`;
  });
}

/** Labels that are named together. */
const MOST_LABELS = 3;

function together(labels: readonly string[], trials: number): string {
  if (labels.length === trials && trials > 2) return `all ${trials} trials`;
  if (labels.length <= MOST_LABELS) return labels.join(", ");
  return `${labels.slice(0, MOST_LABELS - 1).join(", ")} and ${labels.length - MOST_LABELS + 1} others`;
}

/** Failed trials; those that failed for one and the same reason together. */
export function failedNotes(records: readonly TrialRecord[]): readonly Note[] {
  const labels = trialLabels(records);
  const byText = new Map<string, string[]>();
  for (const record of records) {
    if (record.status !== "failed") continue;
    const text = failureText(record);
    const label = visible(labels.get(record.trial) ?? record.trial);
    byText.set(text, [...(byText.get(text) ?? []), label]);
  }
  const trials = records.filter(({ status }) => status !== "skipped").length;
  return [...byText].flatMap(([text, failed]) =>
    failed.length === trials && trials > 1
      ? [{ label: `all ${trials} trials`, text }]
      : failed.map((label) => ({ label, text })),
  );
}

/** The stage and the words; a record of another version may carry its words and a code that is not known here. */
function failureText({ stage, diagnostic }: FailedRecord): string {
  const stored = diagnostic as { readonly message?: unknown; readonly hint?: unknown };
  const { message, hint } =
    typeof stored.message === "string" ? { message: stored.message, hint: stored.hint } : words(diagnostic);
  return visible(`${stage}: ${message}${typeof hint === "string" ? ` (${hint})` : ""}`);
}

/** Skipped cells, those with the same reason together. */
export function skippedNotes(records: readonly TrialRecord[]): readonly Note[] {
  const labels = trialLabels(records);
  return records.flatMap((record) =>
    record.status === "skipped"
      ? [{ label: visible(labels.get(record.trial) ?? record.trial), text: visible(record.reason) }]
      : [],
  );
}
