import { hashJson } from "../base/hash.js";
import type { Labelled } from "./label.js";
import type { Plan, SkippedTrial } from "./plan.js";
import { summarizeScheme } from "./scheme-summary.js";

/** A cell of a plan as its record will show it. */
export type PlannedTrial = Labelled &
  ({ readonly status: "planned" } | { readonly status: "skipped"; readonly reason: string });

/** What the records of a run will be about, in their order: trials, then skipped cells. Labels are the same before and after. */
export function plannedTrials({ trials, skipped }: Plan): readonly PlannedTrial[] {
  return [
    ...trials.map(({ id, scheme }) => ({ trial: id, scheme: summarizeScheme(scheme), status: "planned" }) as const),
    ...skipped.map((cell) => ({
      ...{ trial: skippedId(cell), scheme: summarizeScheme(cell.scheme) },
      ...({ status: "skipped", reason: cell.reason } as const),
    })),
  ];
}

/** The id of a cell that does not run: that of the cell alone, for no result is decided. */
export function skippedId({ scheme, axes }: SkippedTrial): string {
  return hashJson({ skipped: scheme, axes });
}
