import type { Diagnostic } from "../base/diagnostic.js";
import type { Plan } from "../plan/plan.js";
import type { DiagnosisRecord, TrialRecord } from "../results/record.js";

/** What happens while a plan runs, for progress displays. Plain data. */
export type RunEvent =
  /** `finished` trials were found in the ledger and are not run again. */
  | { readonly kind: "started"; readonly plan: Plan; readonly trials: number; readonly finished: number }
  /** `stage` is a word for people: "quantize and evaluate", "latency, batch 32". */
  | { readonly kind: "stage"; readonly label: string; readonly stage: string }
  | { readonly kind: "finished"; readonly label: string; readonly record: TrialRecord }
  /** A trial was diagnosed; a "started" of its own comes before the first, and "ended" after the last. */
  | { readonly kind: "diagnosed"; readonly label: string; readonly record: DiagnosisRecord }
  | { readonly kind: "remark"; readonly diagnostic: Diagnostic }
  | { readonly kind: "ended" };
