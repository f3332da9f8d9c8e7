import { createRequire } from "node:module";
import type * as Ort from "onnxruntime-node";
import { DiagnosticError, fail } from "../base/diagnostic.js";
import { type DType, type Tensor, type TensorData, tensor } from "../tensor/tensor.js";
import type { BoundRun, Engine, Feeds, InferenceSession, SessionOptions } from "./engine.js";

/** ORT's severity 4: fatal errors only; everything else reaches the caller as an exception anyway. */
const FATAL = 4;

/**
 * Element types that cross the border in both directions. float16 is not among them: from Node 24 on the binding's own
 * tensors hold a Float16Array, which its native side cannot read. Weights in float16 are inside the model.
 */
const DTYPES: ReadonlySet<string> = new Set<DType>([
  "float32",
  "float64",
  "int8",
  "uint8",
  "int16",
  "uint16",
  "int32",
  "uint32",
  "int64",
  "bool",
]);

/** Version of the installed onnxruntime, without loading its native library. */
export async function engineVersion(): Promise<string> {
  const { version } = createRequire(import.meta.url)("onnxruntime-node/package.json") as { readonly version: string };
  return version;
}

/**
 * ONNX Runtime on the CPU, in this process. A run blocks the thread until it is done, though it returns a promise
 * (the Node binding calls the engine synchronously), so `src/run` gives each session its own child process.
 * @throws {DiagnosticError} `engine-refused` when the native library cannot be loaded on this machine
 */
export async function onnxruntime(): Promise<Engine> {
  let ort: typeof Ort;
  try {
    const module = (await import("onnxruntime-node")) as typeof Ort & { readonly default?: typeof Ort };
    ort = module.default ?? module;
  } catch (error) {
    return refuse("loading the engine", error);
  }
  ort.env.logLevel = "fatal";
  return {
    name: "onnxruntime",
    version: await engineVersion(),
    load: (model, options) => load(ort, model, options),
  };
}

async function load(ort: typeof Ort, model: Uint8Array | string, options: SessionOptions): Promise<InferenceSession> {
  let session: Ort.InferenceSession;
  try {
    const settings = sessionSettings(options);
    session = await (typeof model === "string"
      ? ort.InferenceSession.create(model, settings)
      : ort.InferenceSession.create(model, settings));
  } catch (error) {
    return refuse("loading the model", error);
  }
  const toOrt = (feeds: Feeds) =>
    Object.fromEntries(Object.entries(feeds).map(([name, value]) => [name, ortTensor(ort, value)]));
  const run = async (feeds: Record<string, Ort.Tensor>) => {
    try {
      return await session.run(feeds);
    } catch (error) {
      return refuse("running the model", error);
    }
  };
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    async run(feeds) {
      const outputs = await run(toOrt(feeds));
      return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, ownTensor(value)]));
    },
    bind(feeds): BoundRun {
      const bound = toOrt(feeds);
      return async () => {
        await run(bound);
      };
    },
    async close() {
      if (options.profilePath !== undefined) session.endProfiling();
      await session.release();
    },
  };
}

/**
 * Optimizers of onnxruntime 1.30 that change results: Pad_Fusion turns zeros in front of a MaxPool into the pool's own padding,
 * which is minus infinity, and makes padding that the pool then refuses. The float passes fold what may be folded.
 */
const WRONG_OPTIMIZERS = "Pad_Fusion";

/**
 * One inter-op thread always. With several intra-op threads the pool does not spin between operators: spinning pools of
 * several live sessions take each other's cores.
 */
function sessionSettings(options: SessionOptions): Ort.InferenceSession.SessionOptions {
  const entries: Record<string, string> = {
    "optimization.disable_specified_optimizers": WRONG_OPTIMIZERS,
    ...(options.threads > 1 ? { "session.intra_op.allow_spinning": "0" } : {}),
    ...options.extra,
  };
  return {
    executionProviders: ["cpu"],
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: options.optimization,
    logSeverityLevel: FATAL,
    ...(options.profilePath === undefined ? {} : { enableProfiling: true, profileFilePrefix: options.profilePath }),
    ...(options.optimizedModelPath === undefined ? {} : { optimizedModelFilePath: options.optimizedModelPath }),
    extra: nested(entries),
  };
}

/** `{ "session.a.b": "1" }` as the nested record that the binding flattens again: `{ session: { a: { b: "1" } } }`. */
function nested(entries: Readonly<Record<string, string>>): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(entries)) {
    const path = key.split(".");
    const last = path.pop() ?? key;
    let level = root;
    for (const part of path) {
      level[part] ??= {};
      level = level[part] as Record<string, unknown>;
    }
    level[last] = value;
  }
  return root;
}

function ortTensor(ort: typeof Ort, value: Tensor): Ort.Tensor {
  if (!DTYPES.has(value.dtype)) throw new Error(`onnxruntime: a feed of ${value.dtype} cannot cross the binding`);
  return new ort.Tensor(value.dtype as "float32", value.data as Float32Array, value.shape);
}

function ownTensor(value: Ort.Tensor): Tensor {
  if (!DTYPES.has(value.type)) throw new Error(`onnxruntime: an output of ${value.type} cannot cross the binding`);
  const dtype = value.type as DType;
  const data = value.data as unknown as TensorData;
  return tensor(dtype, value.dims, data);
}

/** The engine's own words as a diagnostic: on one line, without the places in its source code. */
function refuse(stage: string, error: unknown): never {
  if (error instanceof DiagnosticError) throw error;
  const text = error instanceof Error ? error.message : String(error);
  const message = text
    .replaceAll(/\S*onnxruntime_src\S*/g, "")
    .replaceAll(/\s+/g, " ")
    .trim();
  fail("engine-refused", { stage, engine: "onnxruntime", message });
}
