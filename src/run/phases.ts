import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { attest } from "../backends/onnx/attest.js";
import { toOnnx } from "../backends/onnx/write.js";
import { type ContentHash, hashBytes, shortHash } from "../base/hash.js";
import { seededRandom } from "../base/random.js";
import type { Feeds } from "../engines/engine.js";
import { PAST, SEQUENCE, withPast, withPresent } from "../frontends/decoder/with-past.js";
import { addDims } from "../ir/dim.js";
import type { Graph } from "../ir/graph.js";
import { nodeWork } from "../measure/work.js";
import type { LatencyMeasure, ModelReference } from "../plan/plan.js";
import { quantizeGraph } from "../quantize/quantize.js";
import type { Scheme } from "../quantize/scheme.js";
import type { AttestationResult } from "../results/record.js";
import type { Range } from "../tensor/quant.js";
import { elementCount, type Tensor, tensor, tensorFrom } from "../tensor/tensor.js";
import { configured, engineConfig } from "./engine-config.js";
import { openPrepared } from "./inputs.js";
import type { Opened } from "./opened.js";
import type { PhaseFiles } from "./protocol.js";
import { ownName, writeWhole } from "./whole-file.js";

/** A measure of a phase, with its context. */
export type PhaseMeasure = LatencyMeasure & Required<Pick<LatencyMeasure, "phase" | "context">>;

/**
 * The measure with its context: without one a prompt is as long as the model's sequences, and a cache one token shorter,
 * so that the token behind it is the last one that they have a position for.
 */
export function withContext(graph: Graph, measure: LatencyMeasure): PhaseMeasure | undefined {
  const { phase } = measure;
  if (phase === undefined) return undefined;
  const own = sequenceLength(graph);
  return { ...measure, phase, context: measure.context ?? (phase === "decode" ? own - 1 : own) };
}

function sequenceLength(graph: Graph): number {
  const length = graph.inputs[0]?.type.shape[1];
  if (typeof length !== "number") throw new Error("run: a language model whose sequences have no length was opened");
  return length;
}

/** Float graphs of other lengths by the opened model's graph, so that its trials share them. */
const prompts = new WeakMap<Graph, Map<number, Promise<Graph>>>();

/** The float graph of sequences of `length` tokens: of the model's own length the opened one itself. */
function promptOf({ graph, model }: Pick<Opened, "graph" | "model">, length: number): Promise<Graph> {
  if (length === sequenceLength(graph)) return Promise.resolve(graph);
  const known = prompts.get(graph) ?? new Map<number, Promise<Graph>>();
  prompts.set(graph, known);
  const prompt = known.get(length) ?? openPrepared(ofLength(model, length)).then((made) => made.graph);
  known.set(length, prompt);
  return prompt;
}

/**
 * Tokens that a file with a cache holds: those of the longest context that is timed and the one behind it, and no fewer than
 * the model's sequences have. One file serves every context, and an export writes the same one.
 */
export function positionsOf(graph: Graph, measures: readonly LatencyMeasure[]): number {
  const timed = measures.map((each) => withContext(graph, each)).filter((each) => each?.phase === "decode");
  return Math.max(sequenceLength(graph), ...timed.map((each) => (each?.context ?? 0) + 1));
}

/** The float graph of a phase; reading a prompt fills the cache that decoding goes on from, so that is timed with it. */
async function floatForm(opened: Opened, measure: PhaseMeasure, positions: number): Promise<Graph> {
  if (measure.phase === "decode") return withPast(opened.graph, { positions });
  return withPresent(await promptOf(opened, measure.context));
}

function ofLength(model: ModelReference, tokens: number): ModelReference {
  return model.settings ? { ...model, settings: { ...model.settings, tokens } } : { ...model, inputShape: [tokens] };
}

/** A trial whose graph is quantized and written. */
interface QuantizedTrial {
  readonly quantized: Graph;
  readonly scheme: Scheme;
  readonly ranges: ReadonlyMap<string, Range> | undefined;
}

/** A quantized trial's graph of a phase: the same weights and scales, so that what was measured of the trial holds for it. */
async function quantizedForm(
  opened: Opened,
  { quantized, scheme, ranges }: QuantizedTrial,
  measure: PhaseMeasure,
  positions: number,
): Promise<Graph> {
  if (scheme.mode === "fp32") return floatForm(opened, measure, positions);
  if (measure.phase === "decode") return withPast(quantized, { positions });
  const prompt = await promptOf(opened, measure.context);
  return withPresent(prompt === opened.graph ? quantized : quantizeGraph(prompt, scheme, ranges));
}

/**
 * Writes the files of each phase that is timed, fp32's and the trial's, and attests what runs in them: a model that is
 * decoded is another graph than the one that reads a prompt, and may fall back to float where that one does not.
 */
export async function writePhases(
  opened: Opened,
  trial: QuantizedTrial,
  measures: readonly LatencyMeasure[],
): Promise<readonly PhaseFiles[]> {
  const written: PhaseFiles[] = [];
  const positions = positionsOf(opened.graph, measures);
  for (const asked of measures) {
    const measure = withContext(opened.graph, asked);
    if (measure) written.push(await writePhase(opened, trial, { asked, measure, positions }));
  }
  return written;
}

interface TimedPhase extends Pick<PhaseFiles, "asked"> {
  readonly measure: PhaseMeasure;
  readonly positions: number;
}

async function writePhase(
  opened: Opened,
  trial: QuantizedTrial,
  { asked, measure, positions }: TimedPhase,
): Promise<PhaseFiles> {
  const float = await floatForm(opened, measure, positions);
  const graph = await quantizedForm(opened, trial, measure, positions);
  const { batch } = asked;
  const sizes = openSizes(measure);
  const baseline = await writeForm(opened, float, "fp32", measure);
  const isFloat = trial.scheme.mode === "fp32";
  const written = isFloat ? baseline : await writeForm(opened, graph, trial.scheme.name, measure);
  return {
    ...{ asked, measure, baseline: baseline.path, trial: written.path, sha256: written.sha256 },
    attestation: await attested(opened, graph, trial.scheme, written.path),
    work: { batch, baseline: nodeWork(float, batch, sizes), trial: nodeWork(graph, batch, sizes) },
  };
}

/** What the open sizes of a file with a cache are when one token is decoded. */
function openSizes({ phase, context }: PhaseMeasure): ReadonlyMap<string, number> {
  if (phase === "prefill") return new Map();
  const [fresh, past] = [1, context];
  return new Map([
    [SEQUENCE, fresh],
    [PAST, past],
    [String(addDims(PAST, SEQUENCE)), past + fresh],
  ]);
}

/** Writes a form under a name of its content: a later run on another model must not swap the file under this one's timing. */
async function writeForm(
  { folder }: Opened,
  graph: Graph,
  name: string,
  { phase }: PhaseMeasure,
): Promise<{ readonly path: string; readonly sha256: ContentHash }> {
  const bytes = toOnnx(graph);
  const sha256 = hashBytes(bytes);
  const path = join(folder, `${name}-${shortHash(sha256)}-${phase}.onnx`);
  await writeWhole(path, bytes);
  return { path, sha256 };
}

/** What runs of a phase's file, read back from the graph that the engine makes of it. */
async function attested(opened: Opened, graph: Graph, scheme: Scheme, path: string): Promise<AttestationResult> {
  const engine = configured(opened.engine, engineConfig(scheme));
  const optimized = ownName(path, "optimized");
  try {
    const session = await engine.load(path, { threads: 1, optimization: "all", optimizedModelPath: optimized });
    await session.close();
    const { fallen, ...facts } = attest(graph, await readFile(optimized));
    return { ...facts, ...(fallen ? { fallen: fallen.map(({ kernels: _, ...each }) => each) } : {}) };
  } finally {
    await rm(optimized, { force: true });
  }
}

/** A trial's attestation with that of its phases: what falls back in one of them is not attested as a whole. */
export function withPhases(attestation: AttestationResult, phases: readonly PhaseFiles[]): AttestationResult {
  const failed = phases.find((each) => !each.attestation.attested);
  if (!attestation.attested || !failed) return attestation;
  const { phase, context } = failed.measure;
  const { reason, fallen } = failed.attestation;
  return {
    ...attestation,
    attested: false,
    reason: `${phase} of context ${context}: ${reason}`,
    ...(fallen ? { fallen } : {}),
  };
}

/**
 * What a phase is run on: for a prompt the first tokens of the test split; for a token behind a cache the token after them,
 * and keys and values drawn from a normal distribution, since how long a run takes does not depend on what they are.
 */
export async function phaseFeeds(opened: Opened, asked: LatencyMeasure): Promise<Feeds | undefined> {
  const measure = withContext(opened.graph, asked);
  if (!measure) return undefined;
  const { dataset, graph, seed } = opened;
  const { test } = dataset.splits;
  const rows = (count: number) => Array.from({ length: count }, (_, i) => test[i % test.length] as number);
  const { batch, phase, context } = measure;
  const needed = batch * (phase === "decode" ? 1 : context);
  const [text] = dataset.read(rows(Math.ceil(needed / sequenceLength(graph))));
  if (!text) throw new Error("run: a language model whose data has no tokens");
  const tokens = text.data.subarray(0, needed);
  if (phase === "prefill") {
    const name = graph.inputs[0]?.name ?? "";
    return { [name]: tensor("float32", [batch, context], Float32Array.from(tokens, Number)) };
  }
  const [ids, ...caches] = withPast(graph, { positions: context + 1 }).inputs;
  const random = seededRandom(seed);
  const cached = caches.map(({ name, type }): [string, Tensor] => {
    const shape = type.shape.map((size) => (typeof size === "number" ? size : context));
    const data = Float32Array.from({ length: elementCount(shape) }, () => random.normal());
    return [name, tensor("float32", shape, data)];
  });
  return { [ids?.name ?? ""]: tensorFrom("int64", [1, 1], Array.from(tokens, Number)), ...Object.fromEntries(cached) };
}
