import { diagnosticsOf } from "./failure.js";
import type { Reply, Request, TaskName, Tasks } from "./protocol.js";
import { currentStage } from "./stage.js";

/**
 * Entry point of a child process: takes one request at a time and answers it. Parts are loaded when first needed, so
 * that a process that only measures latency holds nothing but the engine.
 */

type Handler<T extends TaskName> = (input: Tasks[T]["input"]) => Promise<Tasks[T]["output"]>;

const handlers: { readonly [T in TaskName]: Handler<T> } = {
  open: async (input) => (await import("./evaluation.js")).open(input),
  trial: async (input) => (await import("./evaluation.js")).evaluateTrial(input),
  export: async (input) => (await import("./evaluation.js")).exportTrial(input),
  diagnosis: async (input) => (await import("./evaluation.js")).openDiagnosis(input),
  diagnosisArm: async (input) => (await import("./evaluation.js")).diagnosisArm(input),
  feeds: async (input) => (await import("./evaluation.js")).feedsOf(input),
  reference: async (input) => (await import("./reference.js")).runReference(input),
  tune: async (input) => (await import("./timing.js")).tune(input),
  latency: async (input) => (await import("./timing.js")).measureLatency(input),
  openArm: async (input) => (await import("./timed-arm.js")).openArm(input),
  warmArm: async (input) => (await import("./timed-arm.js")).warmArm(input),
  sampleArm: async (input) => (await import("./timed-arm.js")).sampleArm(input),
  look: async () => (await import("./timed-arm.js")).look(),
  pairSums: async () => (await import("./pair-sums.js")).probeThisCpu(),
  peaks: async (input) => (await import("./peak-probes.js")).measurePeaks(input),
  profile: async (input) => (await import("./profile.js")).profile(input),
  energy: async (input) => (await import("./energy.js")).measureEnergy(input),
  memory: async (input) => (await import("./timing.js")).measureMemory(input),
};

/** Layers of the user's own, whose modules the parent names when it starts the child. */
let ownLayers: Promise<void> | undefined;

async function registerOwnLayers(modules: readonly string[]): Promise<void> {
  if (modules.length === 0) return;
  const { registerLayers } = await import("./layer-modules.js");
  for (const module of modules) await registerLayers(module);
}

async function answer<T extends TaskName>(request: Request<T>): Promise<Reply> {
  try {
    ownLayers ??= registerOwnLayers(process.argv.slice(2));
    await ownLayers;
    return { output: await (handlers[request.task] as Handler<T>)(request.input) };
  } catch (error) {
    return { diagnostics: diagnosticsOf(error, request.task), stage: currentStage() };
  }
}

process.on("message", async (request) => {
  const reply = await answer(request as Request);
  process.send?.(reply);
});
// The parent decides when a run stops; a terminal's Ctrl-C reaches the whole process group.
process.on("SIGINT", () => {});
process.on("disconnect", () => process.exit(0));
