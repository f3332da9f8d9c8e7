import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { toOnnx } from "../backends/onnx/write.js";
import { fail } from "../base/diagnostic.js";
import { hashBytes, shortHash } from "../base/hash.js";
import { withPast } from "../frontends/decoder/with-past.js";
import { readModelJson } from "../frontends/tfjs/read.js";
import { isGraphModel } from "../frontends/tfjs/store-files.js";
import type { StorageType } from "../frontends/tfjs/stored-weights.js";
import { BATCH, type Graph } from "../ir/graph.js";
import type { ExportForm } from "../plan/export-forms.js";
import { exportForms } from "../plan/export-forms.js";
import { qdqForm } from "../quantize/passes/qdq.js";
import { engineForm, quantizeGraph } from "../quantize/quantize.js";
import type { Scheme } from "../quantize/scheme.js";
import { simulateGraph } from "../quantize/simulate.js";
import type { AccuracyResult } from "../results/record.js";
import { configured, engineConfig } from "./engine-config.js";
import { outputsOf, score } from "./inference.js";
import type { Opened } from "./opened.js";
import { positionsOf } from "./phases.js";
import type { ExportedForm, ExportedForms, Tasks, ValueDescription } from "./protocol.js";
import { accuracyOf, floatAccuracyOf } from "./scoring.js";
import { enterStage } from "./stage.js";
import { schemeStorage, storedModel } from "./stored-trial.js";
import { writeWhole } from "./whole-file.js";
import { checkContinuation, promptAccuracy, whyNotDecoder } from "./with-past-form.js";

/** Samples that TF.js is asked to run from the files that were written. */
const CHECKED_SAMPLES = 32;

type Input = Tasks["export"]["input"];
type Unfit = { readonly unfit: string };
type Made = Omit<ExportedForm, "form">;

/** What is held of the trial while its forms are written. */
interface Source {
  readonly opened: Opened;
  readonly input: Input;
  /** The graph that was evaluated: quantized, or float with weights as their formats leave them. */
  readonly graph: Graph;
}

/**
 * Writes the forms of one trial of the opened experiment below a folder. A form that is no copy of what was evaluated is
 * evaluated here, on the whole test split, so that its own figures can stand beside it.
 * @throws {DiagnosticError} `export-form-unfit` for a form that was asked for by name and that the trial does not have,
 * `export-no-form` where none is left, `export-differs`
 */
export async function writeForms(opened: Opened, input: Input): Promise<ExportedForms> {
  enterStage("lower");
  const source = { opened, input, graph: trialGraph(opened, input.scheme) };
  const asked = input.forms;
  const { labels } = opened.dataset;
  const isUsualHere = (name: ExportForm) => name !== "onnx_with_past" || labels?.kind === "tokens";
  const wanted = exportForms.filter(({ name, isUsual }) =>
    asked ? asked.includes(name) : isUsual && isUsualHere(name),
  );
  const forms: ExportedForm[] = [];
  const left: { readonly form: ExportForm; readonly reason: string }[] = [];
  for (const { name } of wanted) {
    const made = await writers[name](source);
    if (!("unfit" in made)) forms.push({ form: name, ...made });
    else if (asked) fail("export-form-unfit", { form: name, trial: input.label, reason: made.unfit });
    else left.push({ form: name, reason: made.unfit });
  }
  if (forms.length === 0) fail("export-no-form", { trial: input.label, reasons: left.map(({ reason }) => reason) });
  return {
    forms,
    left,
    inputs: opened.graph.inputs.map(describeValue),
    outputs: opened.graph.outputs.map(describeValue),
    ...(labels?.kind === "class" ? { classes: labels.classes } : {}),
    ...(labels?.kind === "tokens" && labels.tokenizer !== undefined
      ? { tokenizer: await write(join(input.folder, "tokenizer.json"), await readFile(labels.tokenizer), input.folder) }
      : {}),
    ...(engineConfig(input.scheme) ? { engineConfig: engineConfig(input.scheme) } : {}),
  };
}

function trialGraph(opened: Opened, scheme: Scheme): Graph {
  if (scheme.storage) return opened.graph;
  if (scheme.mode === "given") {
    return opened.given ?? fail("given-not-quantized", { model: opened.model.name, format: opened.model.format });
  }
  const ranges = scheme.calibration ? opened.ranges(scheme.calibration) : undefined;
  if (scheme.execution === "simulated") return simulateGraph(opened.graph, scheme, ranges).graph;
  return quantizeGraph(opened.graph, scheme, ranges);
}

const writers: Readonly<Record<ExportForm, (source: Source) => Promise<Made | Unfit>>> = {
  onnx: measuredFile,
  onnx_with_past: decodingFile,
  async onnx_qdq({ opened, input, graph }) {
    if (input.scheme.mode !== "static" || input.scheme.execution === "simulated") {
      return { unfit: "only static trials that execute have scales for QuantizeLinear and DequantizeLinear" };
    }
    const form = qdqForm.run(graph);
    const engine = configured(opened.engine, engineConfig(input.scheme));
    return onnxForm({ ...opened, engine }, form, join(input.folder, "model-qdq.onnx"));
  },
  async onnx_fp16({ opened, input }) {
    if (input.scheme.mode !== "fp32") return { unfit: ofFp32("`weight_only { weights: fp16 }` is a trial of its own") };
    const scheme: Scheme = { name: "fp16", mode: "weight_only", weights: { dtype: "fp16" }, method: "rtn", keep: {} };
    return onnxForm(opened, quantizeGraph(opened.graph, scheme), join(input.folder, "model-fp16.onnx"));
  },
  async tfjs(source) {
    const { scheme } = source.input;
    if (scheme.storage === "tfjs") return tfjsForm(source, "tfjs", schemeStorage(scheme));
    if (scheme.mode === "fp32") return tfjsForm(source, "tfjs", () => "float32");
    return {
      unfit:
        "TF.js has no kernels for it, and its files hold one range a tensor, in float compute; `try stored { weights: uint8 }` measures what TF.js can have",
    };
  },
  tfjs_float16: (source) => storedFloat(source, "float16"),
  tfjs_uint16: (source) => storedFloat(source, "uint16"),
  tfjs_uint8: (source) => storedFloat(source, "uint8"),
};

const ofFp32 = (instead: string) => `it is a form of fp32; ${instead}`;

/** Why a trial has no ONNX file. */
function unfitForEngine(scheme: Scheme, graph: Graph): string | undefined {
  if (scheme.storage) return "it is a way to store TF.js's files; `weight_only` has ONNX forms";
  const isSimulated = graph.nodes.some(({ domain }) => domain === "nibble");
  return isSimulated ? "its activations are simulated, and no ONNX operator rounds them so" : undefined;
}

/** The file that was evaluated and timed, or what a simulated trial computed with, as one float32 file. */
async function measuredFile({ opened, input, graph }: Source): Promise<Made | Unfit> {
  const { scheme, recorded, label } = input;
  const reason = unfitForEngine(scheme, graph);
  if (reason !== undefined) return { unfit: reason };
  const made = toOnnx(scheme.mode === "given" ? graph : engineForm(graph));
  const hash = hashBytes(made);
  const kept = recorded === undefined || recorded === hash ? made : await measuredBytes(opened, input, recorded);
  if (kept === undefined) fail("export-differs", { trial: label, measured: recorded ?? "", made: hash });
  return { files: [await write(join(input.folder, "model.onnx"), kept, input.folder)], isMeasured: true };
}

/** The file that reads a prompt and goes on from it: the one that was decoded, where decoding was timed. */
async function decodingFile({ opened, input, graph }: Source): Promise<Made | Unfit> {
  const { scheme, folder, latency } = input;
  const reason = unfitForEngine(scheme, graph);
  if (reason !== undefined) return { unfit: reason };
  const unfit = whyNotDecoder(graph);
  if (unfit !== undefined) return { unfit };
  const positions = positionsOf(opened.graph, latency);
  const form = withPast(graph, { positions });
  const engine = configured(opened.engine, engineConfig(scheme));
  const running = { ...opened, engine };
  const written = { graph: form, bytes: toOnnx(form) };
  const whole = { graph, bytes: toOnnx(graph) };
  return {
    files: [await write(join(folder, "model-with-past.onnx"), written.bytes, folder)],
    isMeasured: false,
    accuracy: await promptAccuracy(running, written),
    continuation: await checkContinuation(running, written, whole, scheme.mode === "fp32"),
    values: { inputs: form.inputs.map(describeValue), outputs: form.outputs.map(describeValue), positions },
  };
}

/** The file that the run has left, where it is still what was measured. */
async function measuredBytes(
  { folder, fp32 }: Opened,
  { scheme, id }: Input,
  recorded: string,
): Promise<Uint8Array | undefined> {
  const path =
    scheme.mode === "fp32"
      ? join(folder, `fp32-${shortHash(recorded)}.onnx`)
      : join(folder, `${scheme.name}-${shortHash(id)}.onnx`);
  for (const place of new Set([path, ...(scheme.mode === "fp32" ? [fp32.path] : [])])) {
    const bytes = existsSync(place) ? await readFile(place) : undefined;
    if (bytes && hashBytes(bytes) === recorded) return bytes;
  }
  return undefined;
}

/** A form that nothing has run yet. */
async function onnxForm(opened: Opened, graph: Graph, path: string): Promise<Made> {
  const bytes = toOnnx(graph);
  return {
    files: [await write(path, bytes, join(path, ".."))],
    isMeasured: false,
    accuracy: await accuracyOn(opened, graph, bytes),
  };
}

async function accuracyOn(opened: Opened, graph: Graph, bytes: Uint8Array): Promise<AccuracyResult> {
  enterStage("accuracy");
  const { engine, dataset, fp32, seed } = opened;
  const scored = await score(engine, bytes, graph, dataset, { float: fp32, seed });
  return accuracyOf(scored, fp32, { seed });
}

async function storedFloat(source: Source, type: StorageType): Promise<Made | Unfit> {
  const { scheme } = source.input;
  if (scheme.mode !== "fp32") {
    const own = scheme.storage ? "`tfjs` writes this trial's own files" : "export fp32 for it";
    return { unfit: ofFp32(own) };
  }
  return tfjsForm(source, `tfjs-${type}`, () => type);
}

/** TF.js's files, and what they give in the engine for the samples of the parity check. */
async function tfjsForm(
  { opened, input }: Source,
  name: string,
  storageOf: (weight: string) => StorageType,
): Promise<Made | Unfit> {
  if (opened.model.format !== "tfjs") return { unfit: "the model is no TF.js model, so there are no files of TF.js" };
  const { files, graph } = await storedModel(opened, join(input.folder, name), storageOf);
  const bytes = toOnnx(graph);
  const isFloat = input.scheme.mode === "fp32" && name === "tfjs";
  const { json } = await readModelJson(files.path);
  const samples = opened.dataset.splits.test.slice(0, CHECKED_SAMPLES);
  return {
    files: [
      await described(files.path, input.folder),
      await described(join(files.path, "../weights.bin"), input.folder),
    ],
    isMeasured: false,
    kind: isGraphModel(json) ? "graph-model" : "layers-model",
    // Float32 files are the user's own numbers: fp32 itself.
    accuracy: isFloat ? floatAccuracyOf(opened.fp32, opened.seed) : await accuracyOn(opened, graph, bytes),
    check: { samples, outputs: await outputsOf(opened.engine, bytes, graph, opened.dataset, samples) },
  };
}

async function write(path: string, bytes: Uint8Array, root: string): Promise<ExportedForm["files"][number]> {
  await writeWhole(path, bytes);
  return { path: relativeTo(root, path), sha256: hashBytes(bytes), bytes: bytes.length };
}

async function described(path: string, root: string): Promise<ExportedForm["files"][number]> {
  const bytes = await readFile(path);
  return { path: relativeTo(root, path), sha256: hashBytes(bytes), bytes: bytes.length };
}

function relativeTo(root: string, path: string): string {
  return join(path)
    .slice(join(root).length + 1)
    .replaceAll("\\", "/");
}

function describeValue({ name, type }: Graph["inputs"][number]): ValueDescription {
  return { name, dtype: type.dtype, shape: type.shape.map((dim) => (dim === BATCH ? null : dim)) };
}
