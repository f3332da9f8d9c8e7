import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, sep } from "node:path";
import { decoderLayers } from "./decoder-layers.js";
import { extended } from "./own-layers.js";
import { keepingProcessHandlers, restoreUtil, withoutDeprecations } from "./quiet.js";
import { completeWasmKernels } from "./wasm-kernels.js";

const require = createRequire(import.meta.url);

/** The union package of TF.js: core, layers, converter and data. */
export type TfModule = typeof import("@tensorflow/tfjs");

/** Fastest first. `tensorflow` is the native library behind tfjs-node. */
export type TfBackend = "tensorflow" | "wasm" | "cpu";

export interface TensorFlow {
  readonly tf: TfModule;
  readonly backend: TfBackend;
  /** Of TF.js, e.g. "4.22.0". */
  readonly version: string;
}

let loaded: Promise<TensorFlow> | undefined;

/**
 * TF.js on the fastest backend that works here: native TensorFlow when set-up built its binding, else wasm, else plain
 * JavaScript. `NIBBLE_TENSORFLOW=wasm` or `cpu` in the environment starts further down. The first call decides for the
 * whole process. Prints nothing, and no banner of TensorFlow or TF.js is printed by later calls either.
 * `file://` URLs load and save on every backend.
 */
export function loadTensorFlow(): Promise<TensorFlow> {
  loaded ??= startTensorFlow(process.env.NIBBLE_TENSORFLOW, nativeBindingPath());
  return loaded;
}

/**
 * Starts TF.js on the first backend that works, from `first` on; anything but "wasm" and "cpu" begins with the native one.
 * For callers that must not share the choice of the process: `loadTensorFlow` is for all others.
 */
export async function startTensorFlow(first: string | undefined, binding: string): Promise<TensorFlow> {
  const tf = plainTfjs();
  const backend =
    (first !== "wasm" && first !== "cpu" && (await startNative(tf, binding)) && "tensorflow") ||
    (first !== "cpu" && (await startWasm(tf)) && "wasm") ||
    ((await startCpu(tf)) && "cpu");
  if (!backend) throw new Error("engines: TF.js started on no backend, not even plain JavaScript");
  return { tf, backend, version: tf.version.tfjs };
}

/** Path of the native binding that set-up builds; it need not exist. */
export function nativeBindingPath(): string {
  return join(packageFolder("@tensorflow/tfjs-node"), "lib", "napi-v8", "tfjs_binding.node");
}

async function startNative(tf: TfModule, binding: string): Promise<boolean> {
  if (!existsSync(binding)) return false;
  try {
    // Read by the library when it starts: 3 = fatal errors alone.
    process.env.TF_CPP_MIN_LOG_LEVEL ??= "3";
    restoreUtil();
    // Alone first: a binding whose library is gone throws here, before tfjs-node registers half of itself.
    withStderrMuted(() => require(binding));
    withoutDeprecations(() => require("@tensorflow/tfjs-node"));
    return await tf.setBackend("tensorflow");
  } catch {
    return false;
  }
}

async function startWasm(tf: TfModule): Promise<boolean> {
  try {
    const wasm = require("@tensorflow/tfjs-backend-wasm") as typeof import("@tensorflow/tfjs-backend-wasm");
    wasm.setWasmPaths(join(packageFolder("@tensorflow/tfjs-backend-wasm"), "dist") + sep);
    registerFileUrls(tf);
    completeWasmKernels(tf);
    return await keepingProcessHandlers(() => tf.setBackend("wasm"));
  } catch {
    return false;
  }
}

function startCpu(tf: TfModule): Promise<boolean> {
  registerFileUrls(tf);
  return tf.setBackend("cpu");
}

/** Runs `load` with stderr pointed away, by the small addon that set-up builds beside the binding. */
function withStderrMuted(load: () => void): void {
  const addon = join(dirname(nativeBindingPath()), "nibble_mute.node");
  const stderr = existsSync(addon) ? (require(addon) as { mute(): boolean; unmute(): boolean }) : undefined;
  const muted = stderr?.mute() ?? false;
  try {
    load();
  } finally {
    if (muted) stderr?.unmute();
  }
}

/** TF.js itself with the decoder's layers and the user's own, its remarks about speed turned off; no backend is started. */
export function plainTfjs(): TfModule {
  const tf = withoutDeprecations(() => require("@tensorflow/tfjs") as TfModule);
  // "PROD" silences the "Hi, looks like you are running TensorFlow.js in Node.js" banner and repeated registrations.
  tf.enableProdMode();
  decoderLayers(tf);
  const orthogonal: object = Object.getPrototypeOf(tf.initializers.orthogonal({}));
  // Each instance sets its own limit of 2000 elements in the constructor; this accessor swallows it.
  Object.defineProperty(orthogonal, "ELEMENTS_WARN_SLOW", {
    get: () => Number.POSITIVE_INFINITY,
    set() {},
    configurable: true,
  });
  return extended(tf);
}

/** tfjs-node's `file://` handlers need no binding, so the other backends borrow them. */
function registerFileUrls(tf: TfModule): void {
  restoreUtil();
  const { nodeFileSystemRouter } = withoutDeprecations(
    () => require("@tensorflow/tfjs-node/dist/io/file_system.js") as { nodeFileSystemRouter: FileRouter },
  );
  tf.io.registerLoadRouter(nodeFileSystemRouter);
  tf.io.registerSaveRouter(nodeFileSystemRouter);
}

type FileRouter = Parameters<TfModule["io"]["registerLoadRouter"]>[0];

function packageFolder(name: string): string {
  return dirname(require.resolve(`${name}/package.json`));
}
