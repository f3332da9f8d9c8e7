import type { Feeds } from "../engines/engine.js";
import { feeds } from "./inference.js";
import { type Opened, openExperiment } from "./opened.js";
import type { OpenedExperiment, Tasks } from "./protocol.js";
import { evaluate } from "./trial.js";

/** The state of a child process that evaluates: one experiment, opened once, shared by its trials. */
let opened: Opened | undefined;

export async function open(input: Tasks["open"]["input"]): Promise<OpenedExperiment> {
  const result = await openExperiment(input);
  opened = result.opened;
  return result.summary;
}

export async function evaluateTrial(input: Tasks["trial"]["input"]): Promise<Tasks["trial"]["output"]> {
  return evaluate(current(), input.id, input.scheme);
}

export async function feedsOf(input: Tasks["feeds"]["input"]): Promise<Feeds> {
  const { dataset, graph } = current();
  const { test } = dataset.splits;
  return feeds(
    graph,
    dataset,
    Array.from({ length: input.batch }, (_, i) => test[i % test.length] as number),
  );
}

function current(): Opened {
  if (!opened) throw new Error("run: a trial came before its experiment was opened");
  return opened;
}
