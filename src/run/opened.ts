import { join } from "node:path";
import { toOnnx } from "../backends/onnx/write.js";
import { fail } from "../base/diagnostic.js";
import { hashBytes, shortHash } from "../base/hash.js";
import { seededRandom } from "../base/random.js";
import type { Dataset } from "../datasets/dataset.js";
import type { Engine } from "../engines/engine.js";
import type { Graph } from "../ir/graph.js";
import type { Scores } from "../measure/accuracy.js";
import { startCalibration } from "../quantize/calibrate.js";
import { prepare } from "../quantize/passes/float/prepare.js";
import type { Calibration } from "../quantize/scheme.js";
import type { Range } from "../tensor/quant.js";
import { batches, feeds, outputsOf, score } from "./inference.js";
import { openModel } from "./inputs.js";
import type { OpenedExperiment, Tasks } from "./protocol.js";
import { enterStage } from "./stage.js";
import { writeWhole } from "./whole-file.js";

/** What an opened experiment holds in its child process; trials share all of it. */
export interface Opened {
  readonly engine: Engine;
  /** The one float graph that fp32 and every quantization start from. */
  readonly graph: Graph;
  readonly dataset: Dataset;
  readonly folder: string;
  readonly seed: number;
  readonly fp32: { readonly bytes: Uint8Array; readonly path: string; readonly scores: Scores };
  ranges(calibration: Calibration): ReadonlyMap<string, Range>;
}

/** Reads the model, lowers and evaluates fp32, and observes activations once for all calibrations. */
export async function openExperiment(
  input: Tasks["open"]["input"],
  { engine, dataset }: { readonly engine: Engine; readonly dataset: Dataset },
): Promise<{ readonly opened: Opened; readonly summary: OpenedExperiment }> {
  enterStage("load");
  const model = await openModel(input.model);
  enterStage("lower");
  const graph = prepare(model.graph);
  const bytes = toOnnx(graph);
  // Named by content: a run of the same experiment on another model must not swap the file under this one's timing.
  const path = join(input.folder, `fp32-${shortHash(hashBytes(bytes))}.onnx`);
  await writeWhole(path, bytes);
  enterStage("accuracy");
  const { scores } = await score(engine, bytes, graph, dataset);
  enterStage("calibrate");
  const ranges = await calibrate(engine, graph, dataset, input.calibrations, input.seed);
  const opened = {
    engine,
    graph,
    dataset,
    folder: input.folder,
    seed: input.seed,
    fp32: { bytes, path, scores },
    ranges,
  };
  const parityIndices = dataset.splits.test.slice(0, input.paritySamples);
  const summary = {
    modelHash: model.hash,
    dataHash: dataset.hash,
    path,
    testSamples: dataset.splits.test.length,
    parityIndices,
    parityOutputs: await outputsOf(engine, bytes, graph, dataset, parityIndices),
  };
  return { opened, summary };
}

/** One pass over the largest calibration set feeds the observers of every setting. Samples come from `train` alone. */
async function calibrate(
  engine: Engine,
  graph: Graph,
  dataset: Dataset,
  calibrations: readonly Calibration[],
  seed: number,
): Promise<Opened["ranges"]> {
  if (calibrations.length === 0) {
    return () => {
      throw new Error("run: a static trial came without a calibration");
    };
  }
  const calibrator = startCalibration(graph, calibrations);
  const most = Math.max(...calibrations.map(({ samples }) => samples));
  const chosen = seededRandom(seed).shuffle(dataset.splits.train.slice()).subarray(0, most);
  if (chosen.length === 0) fail("calibration-empty", { scheme: "static" });
  const session = await engine.load(toOnnx(calibrator.graph), { threads: 1, optimization: "all" });
  try {
    let offset = 0;
    for (const batch of batches(chosen)) {
      calibrator.observe(await session.run(feeds(graph, dataset, batch)), offset);
      offset += batch.length;
    }
  } finally {
    await session.close();
  }
  return (calibration) => calibrator.ranges(calibration);
}
