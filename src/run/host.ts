import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { readCpu } from "../base/cpu.js";
import { DiagnosticError, diagnostic } from "../base/diagnostic.js";
import { hashJson } from "../base/hash.js";
import type { DataReference } from "../datasets/dataset.js";
import { readers } from "../datasets/registry.js";
import { openPretrained } from "../frontends/decoder/pretrained.js";
import { openOnnx } from "../frontends/onnx/open.js";
import { withoutCaches } from "../frontends/onnx/sequences.js";
import { describeSynthetic } from "../frontends/synthetic/open.js";
import { openTfjs } from "../frontends/tfjs-model.js";
import type { DataDescription, ModelDescription, ProgramHost } from "../language/host.js";
import type { ModelReference } from "../plan/plan.js";
import { type CpuProfile, cpuProfile } from "../quantize/profile.js";
import { graphOptions } from "./inputs.js";
import { onnxDecoder } from "./onnx-decoder.js";
import { resolveAllowed } from "./paths.js";
import { readProgramText } from "./source.js";

export interface HostOptions {
  /** Absolute folders under which a program may read. */
  readonly allowed: readonly string[];
  /** Absolute folders under which a program may write; the same unless given. */
  readonly writable?: readonly string[];
  /** Folder that paths of the program start from where its own path is no file's (`<cell 3>`); the current one unless given. */
  readonly folder?: string;
  /** Values behind `$name`. */
  readonly values?: ReadonlyMap<string, unknown>;
  /** Whether there are values that cannot be seen from here. */
  readonly valuesUnknown?: boolean;
  /** Whether the program is a cell of a notebook. */
  readonly isCell?: boolean;
  /** `-p name=value`. */
  readonly parameters?: ReadonlyMap<string, unknown>;
  /** Puts a value that is no path on disk, so that a frontend and a child process can read it. */
  readonly saveValue?: ProgramHost["saveValue"];
}

/** The world as a program sees it: real files under the allowed folders, this machine's CPU. Descriptions are cached. */
export function fileHost(options: HostOptions): ProgramHost {
  const models = new Map<string, Promise<ModelDescription>>();
  const data = new Map<string, Promise<DataDescription>>();
  const once = <T>(cache: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> => {
    const held = cache.get(key) ?? make();
    cache.set(key, held);
    return held;
  };
  const resolved = (path: string, fromFile: string, allowed: readonly string[]) => {
    const found = resolveAllowed(path, resolve(options.folder ?? "", fromFile), allowed);
    if ("path" in found) return found;
    return { refused: `it lies outside the project root ${allowed[0] ?? ""}; \`--allow DIR\` adds a folder` };
  };
  return {
    readFile: (path) => readProgramText(path, "files"),
    resolvePath: (path, fromFile) => resolved(path, fromFile, options.allowed),
    resolveTarget: (path, fromFile) => resolved(path, fromFile, options.writable ?? options.allowed),
    listFolder: async (path) => {
      const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
      return entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).sort();
    },
    describeModel: (ref) =>
      once(
        models,
        JSON.stringify([ref.format, ref.path, ref.inputShape, ref.layout, ref.sequences, ref.settings]),
        () => describeModel(ref),
      ),
    describeData: (ref) => once(data, hashJson([ref.reader, ref.path, ref.settings]), () => describeData(ref)),
    values: options.values ?? new Map(),
    valuesUnknown: options.valuesUnknown ?? false,
    isCell: options.isCell ?? false,
    ...(options.parameters ? { parameters: options.parameters } : {}),
    ...(options.saveValue ? { saveValue: options.saveValue } : {}),
    cpu: thisCpu(),
  };
}

/** The profile of the CPU that this process runs on. */
export function thisCpu(): CpuProfile {
  const { arch, flags } = readCpu();
  return cpuProfile(arch, flags);
}

async function describeModel(ref: ModelReference): Promise<ModelDescription> {
  if (ref.format === "synthetic") return describeMadeUp(ref);
  if (ref.format === "safetensors") return describePretrained(ref);
  const model = ref.format === "onnx" ? await openOnnx(ref.path) : await openTfjs(ref.path);
  const options = graphOptions(ref);
  const summary = model.summarize(options);
  const { layers, inputs, outputs, diagnostics } = summary;
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new DiagnosticError(...errors);
  const names = withoutCaches(outputs).map(({ name }) => name);
  const decoder = "lowerBoth" in model ? onnxDecoder(model, options, inputs) : decoderOf(layers, inputs);
  const several = names.length < 2 ? [] : [diagnostic("several-outputs", { outputs: names }, { severity: "warning" })];
  const quantized = "quantized" in summary && summary.quantized ? { quantized: true } : {};
  const remarks = [...diagnostics, ...several];
  return { hash: model.hash, layers, inputs, ...decoder, ...quantized, remarks };
}

/**
 * Whether a model is a decoder-only language model: one input of tokens, and layers that attend to what came before. With
 * learned positions it takes no more tokens than it has positions for.
 */
function decoderOf(
  layers: ModelDescription["layers"],
  inputs: ModelDescription["inputs"],
): Pick<ModelDescription, "decoder"> {
  const has = (name: string) => layers.some(({ className }) => className === name);
  const [tokens] = inputs[0]?.shape ?? [];
  if (inputs.length !== 1 || inputs[0]?.shape.length !== 1 || !has("CausalSelfAttention")) return {};
  if (typeof tokens !== "number") return { decoder: {} };
  return { decoder: { promptLength: tokens, ...(has("PositionEmbedding") ? { context: tokens } : {}) } };
}

/** A language model of safetensors files; `input_shape` is the length of a sequence. */
function describePretrained({ path, inputShape }: ModelReference): ModelDescription {
  const { config, hash, layers } = openPretrained(path, inputShape);
  const { steps, names } = config;
  return {
    hash,
    layers: layers.map((layer) => ({ ...layer, quantizable: layer.className === "Dense" })),
    inputs: [{ name: "tokens", shape: [steps] }],
    decoder: { promptLength: steps, ...(names.positions === undefined ? {} : { context: steps }) },
    remarks: [],
  };
}

/** A model with random weights, and the random tokens that it is run on. */
function describeMadeUp({ settings = {} }: ModelReference): ModelDescription {
  const { config, hash, layers } = describeSynthetic(settings);
  const { tokens, vocabulary, family } = config;
  return {
    ...{ hash, layers, inputs: [{ name: "tokens", shape: [tokens] }] },
    decoder: family === "gpt2" ? { context: tokens } : {},
    synthetic: { data: randomTokens(tokens, vocabulary) },
  };
}

/** Enough sequences to calibrate a static scheme; what they say means nothing. */
const MADE_UP_SAMPLES = 4;

function randomTokens(tokens: number, vocabulary: number): DataReference {
  const settings = {
    ...{ shape: [tokens], count: MADE_UP_SAMPLES, distribution: { name: "integer" }, low: 0, high: vocabulary - 1 },
    split: { train: 0.5, test: 0.5, seed: 1 },
  };
  return { name: "random tokens", reader: "random", settings };
}

async function describeData(ref: DataReference): Promise<DataDescription> {
  const reader = readers.find(({ name }) => name === ref.reader);
  if (!reader) throw new Error(`run: no reader is called ${ref.reader}; the checker lets none such through`);
  const summary = await reader.summarize(ref);
  const paths = [...(ref.path === undefined ? [] : [ref.path]), ...(summary.moreFiles ?? [])];
  const hashes = await Promise.all(paths.map(hashSource));
  return { ...summary, hash: hashJson([ref.reader, summary.version ?? 0, ...hashes]) };
}

/** SHA-256 of a file's bytes; of a folder, of the names and bytes of all its files in the order of their names. */
async function hashSource(path: string): Promise<string> {
  const hash = createHash("sha256");
  const folder = (await stat(path)).isDirectory();
  const files = folder ? (await readdir(path, { recursive: true })).sort() : [""];
  for (const name of files) {
    const file = folder ? join(path, name) : path;
    if (!(await stat(file)).isFile()) continue;
    hash.update(`${name.replaceAll("\\", "/")}\0`);
    for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  }
  return `sha256:${hash.digest("hex")}`;
}
