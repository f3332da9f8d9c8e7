import { join } from "node:path";
import { toOnnx } from "../backends/onnx/write.js";
import { type Diagnostic, DiagnosticError, diagnostic, fail } from "../base/diagnostic.js";
import { hashBytes, shortHash } from "../base/hash.js";
import { seededRandom } from "../base/random.js";
import type { Dataset } from "../datasets/dataset.js";
import type { Engine } from "../engines/engine.js";
import type { Graph } from "../ir/graph.js";
import { missingClasses } from "../measure/calibration-check.js";
import { startScoring } from "../measure/scores.js";
import type { ModelReference } from "../plan/plan.js";
import { type Calibrator, startCalibration } from "../quantize/calibrate.js";
import type { Calibration } from "../quantize/scheme.js";
import type { Range } from "../tensor/quant.js";
import { elementCount } from "../tensor/tensor.js";
import { contentsOf } from "./contents.js";
import { batches, feeds, outputsOf, scoreFloat } from "./inference.js";
import { openPrepared } from "./inputs.js";
import { leastScales } from "./output-scale.js";
import { type PairSumProbe, probePairSums } from "./pair-sums.js";
import type { OpenedExperiment, Tasks } from "./protocol.js";
import type { FloatScores } from "./scoring.js";
import { enterStage } from "./stage.js";
import { writeWhole } from "./whole-file.js";

/** What an opened experiment holds in its child process; trials share all of it. */
export interface Opened {
  readonly engine: Engine;
  readonly model: ModelReference;
  /** The one float graph that fp32 and every quantization start from. */
  readonly graph: Graph;
  /** The model as it came, where that is quantized: what a scheme of mode "given" runs. */
  readonly given?: Graph;
  readonly dataset: Dataset;
  readonly folder: string;
  readonly seed: number;
  readonly fp32: FloatScores & { readonly bytes: Uint8Array; readonly path: string };
  /** @throws {DiagnosticError} what stopped calibration, as "activation-not-finite" */
  ranges(calibration: Calibration): ReadonlyMap<string, Range>;
  /** What calibration saw; absent when no trial is static, or when it was stopped. */
  readonly calibrated?: Calibrated;
  /** Kernels of the engine that do not add exactly on this CPU; see pair-sums.ts. */
  readonly pairSums?: PairSumProbe;
}

/** A finished calibration. */
export interface Calibrated {
  readonly calibrator: Calibrator;
  /** Rows of the data in the order in which they were shown; a calibration of n samples saw the first n. */
  readonly samples: Int32Array;
  /** Content of each of them, see `contentsOf`. */
  readonly contents: readonly string[];
}

/** Reads the model, lowers and evaluates fp32, and observes activations once for all calibrations. */
export async function openExperiment(
  input: Tasks["open"]["input"],
  { engine, dataset }: { readonly engine: Engine; readonly dataset: Dataset },
): Promise<{ readonly opened: Opened; readonly summary: OpenedExperiment }> {
  const { graph, given, hash } = await openPrepared(input.model, enterStage);
  const bytes = toOnnx(graph);
  // Named by content: a run of the same experiment on another model must not swap the file under this one's timing.
  const path = join(input.folder, `fp32-${shortHash(hashBytes(bytes))}.onnx`);
  await writeWhole(path, bytes);
  enterStage("accuracy");
  refuseMisfit(graph, dataset);
  const float = await scoreFloat(engine, bytes, graph, dataset);
  enterStage("calibrate");
  const calibration = await calibrate(engine, graph, dataset, input.calibrations, input.seed);
  const opened = {
    engine,
    model: input.model,
    graph,
    ...(given ? { given } : {}),
    dataset,
    folder: input.folder,
    seed: input.seed,
    fp32: { bytes, path, ...float },
    pairSums: await probePairSums(engine),
    ...calibration,
  };
  const parityIndices = dataset.splits.test.slice(0, input.paritySamples);
  const summary = {
    modelHash: hash,
    dataHash: dataset.hash,
    path,
    testSamples: dataset.splits.test.length,
    pairSums: opened.pairSums,
    ...untestedClasses(dataset),
    parityIndices,
    parityScales: leastScales(graph),
    ...(given ? { parityOf: "given" as const } : {}),
    parityOutputs: given
      ? await outputsOf(unoptimized(engine), toOnnx(given), given, dataset, parityIndices)
      : await outputsOf(engine, bytes, graph, dataset, parityIndices),
  };
  return { opened, summary };
}

/**
 * A model that came quantized is held against its own file as it came, node by node: integer kernels that the engine fuses round
 * otherwise than the nodes as they stand, by a step of quantization.
 */
function unoptimized(engine: Engine): Engine {
  return { ...engine, load: (model, options) => engine.load(model, { ...options, optimization: "disabled" }) };
}

/**
 * Says that outputs and labels do not fit before the engine runs: at tokens that a model does not know the engine stops, and
 * names a node.
 * @throws {DiagnosticError} `output-width`
 */
function refuseMisfit({ outputs }: Graph, { labels }: Dataset): void {
  const sizes = outputs[0]?.type.shape.slice(1) ?? [];
  const known = sizes.filter((size) => typeof size === "number");
  if (labels && known.length === sizes.length) startScoring(labels, elementCount(known));
}

function untestedClasses({ labels, splits }: Dataset): Pick<OpenedExperiment, "untested"> {
  const missing = missingClasses(splits.test, labels);
  return missing && labels?.kind === "class" ? { untested: { missing, total: labels.classes.length } } : {};
}

/**
 * One pass over the largest calibration set feeds the observers of every setting. Samples come from `train` alone. What
 * stops calibration stops the trials that need it, when they ask for their ranges; the others go on.
 */
async function calibrate(
  engine: Engine,
  graph: Graph,
  dataset: Dataset,
  calibrations: readonly Calibration[],
  seed: number,
): Promise<Pick<Opened, "ranges" | "calibrated">> {
  if (calibrations.length === 0) return rangesThatThrow(new Error("run: a static trial came without a calibration"));
  try {
    const calibrated = await observeAll(engine, graph, dataset, calibrations, seed);
    return { ranges: (calibration) => calibrated.calibrator.ranges(calibration), calibrated };
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    return rangesThatThrow(error);
  }
}

function rangesThatThrow(error: Error): Pick<Opened, "ranges"> {
  return {
    ranges() {
      enterStage("calibrate");
      throw error;
    },
  };
}

async function observeAll(
  engine: Engine,
  graph: Graph,
  dataset: Dataset,
  calibrations: readonly Calibration[],
  seed: number,
): Promise<Calibrated> {
  const calibrator = startCalibration(graph, calibrations);
  const most = Math.max(...calibrations.map(({ samples }) => samples));
  const samples = seededRandom(seed).shuffle(dataset.splits.train.slice()).subarray(0, most);
  if (samples.length === 0) fail("calibration-empty", { scheme: "static" });
  const contents: string[] = [];
  const session = await engine.load(toOnnx(calibrator.graph), { threads: 1, optimization: "all" });
  try {
    for (const batch of batches(samples)) {
      const input = feeds(graph, dataset, batch);
      calibrator.observe(await session.run(input), contents.length);
      contents.push(...contentsOf(input, batch.length));
    }
  } catch (error) {
    throw withRow(error, samples);
  } finally {
    await session.close();
  }
  return { calibrator, samples, contents };
}

/** A sample that calibration counts from its own first one is named by its row of the data. */
function withRow(error: unknown, samples: Int32Array): unknown {
  if (!(error instanceof DiagnosticError)) return error;
  return new DiagnosticError(
    ...error.diagnostics.map((each) => {
      if (each.code !== "activation-not-finite") return each;
      const { facts } = each as Diagnostic<"activation-not-finite">;
      return diagnostic("activation-not-finite", { ...facts, sample: samples[facts.sample] ?? facts.sample });
    }),
  );
}
