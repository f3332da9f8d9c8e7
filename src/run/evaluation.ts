import type { Feeds } from "../engines/engine.js";
import { onnxruntime } from "../engines/onnxruntime.js";
import { type Diagnosis, startDiagnosis } from "./diagnosis-arms.js";
import { writeForms } from "./export-task.js";
import { feeds } from "./inference.js";
import { openDataset } from "./inputs.js";
import { type Opened, openExperiment } from "./opened.js";
import { phaseFeeds } from "./phases.js";
import type { OpenedExperiment, Tasks } from "./protocol.js";
import { enterStage } from "./stage.js";
import { evaluate } from "./trial.js";

/** The state of a child process that evaluates: one experiment, opened once, shared by its trials. */
let opened: Opened | undefined;

/** Opens the experiment that this process evaluates from now on. */
export async function open(input: Tasks["open"]["input"]): Promise<OpenedExperiment> {
  enterStage("load");
  const result = await openExperiment(input, { engine: await onnxruntime(), dataset: await openDataset(input.data) });
  opened = result.opened;
  return result.summary;
}

/** Quantizes and evaluates one trial of the opened experiment. */
export async function evaluateTrial(input: Tasks["trial"]["input"]): Promise<Tasks["trial"]["output"]> {
  return evaluate(current(), input);
}

/** Writes forms of one trial of the opened experiment. */
export async function exportTrial(input: Tasks["export"]["input"]): Promise<Tasks["export"]["output"]> {
  return writeForms(current(), input);
}

/** The diagnosis whose arms this process measures. */
let diagnosis: Diagnosis | undefined;

/** Begins the diagnosis of a trial; one that was under way is over. */
export async function openDiagnosis(input: Tasks["diagnosis"]["input"]): Promise<Tasks["diagnosis"]["output"]> {
  diagnosis = await startDiagnosis(current(), input.scheme);
  return diagnosis.opening;
}

/** Measures one arm of the diagnosis. */
export async function diagnosisArm({ arm }: Tasks["diagnosisArm"]["input"]): Promise<Tasks["diagnosisArm"]["output"]> {
  if (!diagnosis) throw new Error("run: an arm came before its diagnosis");
  return diagnosis.measure(arm);
}

/** The first `batch` test samples as feeds, from the start again where the split is smaller; or what a phase is run on. */
export async function feedsOf(input: Tasks["feeds"]["input"]): Promise<Feeds> {
  const ofPhase = await phaseFeeds(current(), { threads: 1, ...input });
  if (ofPhase) return ofPhase;
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
