import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ownPackage } from "../../src/base/package.js";
import type { DataReference, Dataset } from "../../src/datasets/dataset.js";
import type { Engine } from "../../src/engines/engine.js";
import { onnxruntime } from "../../src/engines/onnxruntime.js";
import { type Environment, readEnvironment } from "../../src/measure/environment.js";
import type { Plan, Trial } from "../../src/plan/plan.js";
import { schemeDefinition } from "../../src/quantize/registry.js";
import type { Scheme } from "../../src/quantize/scheme.js";
import { openLedger } from "../../src/results/ledger.js";
import { planPath } from "../../src/results/plan-file.js";
import type { TrialRecord } from "../../src/results/record.js";
import { runPlan } from "../../src/run/experiment.js";
import { feeds } from "../../src/run/inference.js";
import { openDataset } from "../../src/run/inputs.js";
import { quickEffort } from "../../src/run/latency-trial.js";
import { type Opened, openExperiment } from "../../src/run/opened.js";
import { startWorker, type Worker } from "../../src/run/process.js";
import type { TaskName, Tasks } from "../../src/run/protocol.js";
import { savedPlan, writePlanFile } from "../../src/run/saved-plan.js";
import { evaluate } from "../../src/run/trial.js";
import { savedResult } from "../../src/session/saved-result.js";

const { folder: root } = ownPackage();

/** The shipped digits, few enough for a test; the split is the user's affair, as in a program. */
export const digits: DataReference = {
  name: "digits",
  reader: "csv",
  path: join(root, "datasets/digits/digits.csv"),
  settings: { label: "digit", shape: [8, 8, 1], scale: 1 / 16, split: { train: 0.9, test: 0.1, seed: 7 } },
};

/** A scheme by the words of the language: `scheme("static", { samples: 64 })`. */
export function scheme(mode: string, settings: Parameters<NonNullable<Definition>["build"]>[1] = {}): Scheme {
  const definition = schemeDefinition(mode);
  if (!definition) throw new Error(`no scheme ${mode}`);
  return definition.build(mode, settings);
}
type Definition = ReturnType<typeof schemeDefinition>;

/** fp32 and the given schemes on a shipped model of the digits; accuracy alone is measured unless said. */
export function experimentOf(
  schemes: readonly Scheme[],
  { model = "digits-mlp", data = digits, measures = {} }: ExperimentParts = {},
): Plan {
  const all: readonly Scheme[] = [{ name: "fp32", mode: "fp32", keep: {} }, ...schemes];
  return {
    experiment: "injected",
    model: { name: model, format: "tfjs", path: join(root, `datasets/models/${model}/model.json`) },
    data,
    trials: all.map((each, i): Trial => ({ id: `sha256:${"0".repeat(60)}000${i}`, scheme: each, axes: {} })),
    skipped: [],
    measures: { accuracy: true, latency: [], size: true, memory: false, ...measures },
    expectations: [],
    views: [],
    seed: 1,
  };
}

export interface ExperimentParts {
  /** Folder under datasets/models. */
  readonly model?: string;
  readonly data?: DataReference;
  readonly measures?: Partial<Plan["measures"]>;
}

/** What is wrong in a run. All that is left out is the real part. */
export interface Injection {
  /** The engine that evaluates, made of the real one. `measureLatency` and the like have theirs in a child: see `tasks`. */
  readonly engine?: (real: Engine) => Engine;
  /** The data that trials and calibration see, made of the real ones. */
  readonly dataset?: (real: Dataset) => Dataset;
  /** Whole tasks of child processes; `real` carries the task out as it is, in a child process or with what is injected above. */
  readonly tasks?: {
    readonly [T in TaskName]?: (
      input: Tasks[T]["input"],
      real: () => Promise<Tasks[T]["output"]>,
    ) => Promise<Tasks[T]["output"]>;
  };
  /** The machine that the records name. */
  readonly environment?: Partial<Environment>;
}

/** What a user of the run sees. */
export interface InjectedRun {
  readonly records: readonly TrialRecord[];
  /** What `nibble report` prints, on 80 columns and without colour, from the ledger alone. */
  readonly report: string;
  /** What `nibble report --markdown` prints. */
  readonly markdown: string;
  /** Folder of the ledger; a second run there resumes. */
  readonly folder: string;
}

/** Runs a plan as `nibble run` does, but for what is injected, and reports on it as `nibble report` does. */
export async function runInjected(
  plan: Plan,
  injection: Injection = {},
  folder: string = mkdtempSync(join(tmpdir(), "nibble-fault-")),
): Promise<InjectedRun> {
  mkdirSync(folder, { recursive: true });
  // The latency lane is this run's own: what it times is scripted, or no figure of a claim.
  const lane = process.env.NIBBLE_LANE;
  process.env.NIBBLE_LANE = mkdtempSync(join(tmpdir(), "nibble-lane-"));
  const here = (tfjs: string) => ({
    ...readEnvironment({ nibble: ownPackage().version, engine: "onnxruntime", tfjs }),
    ...injection.environment,
  });
  const ledger = openLedger(join(folder, "ledger.jsonl"));
  try {
    await writePlanFile(planPath(ledger.path), savedPlan(plan, { path: "injected.nib", text: "" }, here("")));
    const { records } = await runPlan(plan, {
      folder,
      ledger,
      environment: here,
      effort: quickEffort,
      workers: 1,
      fresh: false,
      startWorker: () => injectedWorker(injection),
      onEvent: () => {},
    });
    const { result } = savedResult(ledger.path);
    return { records, report: result.table({ width: 80 }), markdown: result.markdown(), folder };
  } finally {
    if (lane === undefined) delete process.env.NIBBLE_LANE;
    else process.env.NIBBLE_LANE = lane;
  }
}

/** What evaluates runs in this process, with the injected engine and data; every other task in a child of its own. */
function injectedWorker(injection: Injection): Worker {
  let child: Worker | undefined;
  let ended = false;
  let opened: Opened | undefined;
  const current = () => {
    if (!opened) throw new Error("faults: a trial came before its experiment was opened");
    return opened;
  };
  const here: { readonly [T in TaskName]?: (input: Tasks[T]["input"]) => Promise<Tasks[T]["output"]> } = {
    async open(input) {
      const [engine, dataset] = [await onnxruntime(), await openDataset(input.data)];
      const parts = {
        engine: injection.engine?.(engine) ?? engine,
        dataset: injection.dataset?.(dataset) ?? dataset,
      };
      const result = await openExperiment(input, parts);
      opened = result.opened;
      return result.summary;
    },
    trial: async (input) => evaluate(current(), input),
    async feeds({ batch }) {
      const { graph, dataset } = current();
      const { test } = dataset.splits;
      return feeds(
        graph,
        dataset,
        Array.from({ length: batch }, (_, i) => test[i % test.length] as number),
      );
    },
  };
  return {
    call(task, input) {
      const real = async () => {
        const local = here[task];
        if (local) return local(input);
        child ??= startWorker();
        return child.call(task, input);
      };
      return injection.tasks?.[task]?.(input, real) ?? real();
    },
    alive: () => !ended && (child?.alive() ?? true),
    kill() {
      ended = true;
      child?.kill();
    },
  };
}
