import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { Environment } from "../measure/environment.js";
import type { Plan } from "../plan/plan.js";
import type { SavedPlan } from "../results/plan-file.js";
import { planHash, skippedRecord } from "./records.js";
import { writeWhole } from "./whole-file.js";

/** What a later report needs of a plan beside its records. */
export function savedPlan(
  plan: Plan,
  program: { readonly path: string; readonly text: string },
  environment: Environment,
): SavedPlan {
  const facts = { model: "unread", data: "unread", seed: plan.seed, environment };
  return {
    schemaVersion: 1,
    experiment: plan.experiment,
    model: plan.model.name,
    data: plan.data.name,
    plan: planHash(plan),
    trials: plan.trials.map(({ id }) => id),
    skipped: plan.skipped.map((cell) => skippedRecord(plan, cell, facts)),
    expectations: plan.expectations,
    views: plan.views,
    program: { path: program.path, text: program.text },
  };
}

/** Writes it before the first trial, so that a run that is cut off can be reported too. */
export async function writePlanFile(path: string, plan: SavedPlan): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeWhole(path, `${JSON.stringify(plan, undefined, 1)}\n`);
}
