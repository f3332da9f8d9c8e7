import { type Diagnostic, diagnostic } from "../base/diagnostic.js";
import { hashJson } from "../base/hash.js";
import type { CompletedRecord, TrialRecord } from "../results/record.js";

/**
 * What the records say of the samples of calibration: those that are in the test split too, classes without one, and
 * ranges made of one sample. Trials that were calibrated alike give one remark.
 */
export function calibrationRemarks(records: readonly TrialRecord[]): readonly Diagnostic[] {
  const calibrated = records.filter(
    (record): record is CompletedRecord => record.status === "completed" && record.calibration !== undefined,
  );
  const remarks = new Map<string, Diagnostic>();
  const add = (remark: Diagnostic) => void remarks.set(hashJson(remark), remark);
  for (const { calibration } of calibrated) {
    if (!calibration) continue;
    const { samples, leaked, leaks = [], classes } = calibration;
    if (leaked > 0) {
      const first = leaks.map(({ calibration: row, test }) => [row, test] as const);
      add(diagnostic("calibration-leak", { leaked, samples, first }, { severity: "warning" }));
    }
    // One sample has one class, and is remarked on below.
    if (classes && classes.missing.length > 0 && samples > 1) {
      const { total, missing } = classes;
      add(diagnostic("calibration-classes", { samples, missing, total }, { severity: "note" }));
    }
  }
  const single = calibrated.flatMap(({ calibration, scheme }) => (calibration?.samples === 1 ? [scheme.name] : []));
  const schemes = [...new Set(single)];
  if (schemes.length > 0) add(diagnostic("calibration-one-sample", { schemes }, { severity: "warning" }));
  return [...remarks.values()];
}
