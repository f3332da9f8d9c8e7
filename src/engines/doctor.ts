import { execFile } from "node:child_process";
import { existsSync, readFileSync, statfsSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { readCpu } from "../base/cpu.js";
import { ownPackage } from "../base/package.js";
import { nativeBindingPath } from "./tfjs.js";

const require = createRequire(import.meta.url);

/** One thing that Nibble works with on this machine. */
export interface Check {
  readonly name: string;
  /** `degraded`: Nibble runs, with less; `missing`: nothing can be measured without it. */
  readonly status: "ok" | "degraded" | "missing";
  /** What was found. */
  readonly detail: string;
  /** What it costs to be without; absent when all is well. */
  readonly cost?: string;
  /** The command or step that mends it; absent when all is well or nothing does. */
  readonly mend?: string;
}

/** Whether a package loads in a process of its own, with its version or the reason why not. */
export type Loads = { readonly ok: true; readonly version: string } | { readonly ok: false; readonly reason: string };

/** All that the checks look at, read once; plain data, so that every machine can be described in a test. */
export interface MachineFacts {
  /** e.g. "20.19.4" */
  readonly node: string;
  /** As Node names it: "x64", "arm64" ... */
  readonly architecture: string;
  /** Vector instruction sets as Linux names them; absent where the system does not tell. */
  readonly cpuFlags: ReadonlySet<string> | undefined;
  /** CPUs that this process may use. */
  readonly cores: number;
  /** Free space where results are written. */
  readonly freeBytes: number;
  /** Where NIBBLE_TENSORFLOW makes TF.js begin. */
  readonly tensorflowFrom?: "wasm" | "cpu";
  readonly packages: { readonly [P in "onnxruntime" | "tensorflow" | "wasm" | "danfo" | "sharp" | "zeromq"]: Loads };
  /** Python's onnx for the tests; `undefined` in an installed package, which has no tests. */
  readonly python: boolean | undefined;
  /** Jupyter for the tests of the kernel; `undefined` as for `python`. */
  readonly jupyter: boolean | undefined;
  /** The set-up command for this kind of installation. */
  readonly setup: string;
}

/** What this machine has, what is missing, what that costs and what mends it. Loads native parts in child processes only. */
export async function inspectMachine(): Promise<Check[]> {
  return judge(await gather());
}

/** The checks in the order in which they are shown. */
export function judge(facts: MachineFacts): Check[] {
  return [
    checkNode(facts),
    checkOnnxruntime(facts),
    checkTensorFlow(facts),
    checkPackage("danfojs", facts.packages.danfo, "result.frame() is not available", facts.setup),
    checkPackage("sharp", facts.packages.sharp, "images(...) cannot read image folders", facts.setup),
    checkPackage("zeromq", facts.packages.zeromq, "the kernel for Jupyter does not start", facts.setup),
    checkCpu(facts),
    checkCores(facts),
    checkDisk(facts),
    ...(facts.python === undefined ? [] : [checkPython(facts.python)]),
    ...(facts.jupyter === undefined ? [] : [checkJupyter(facts.jupyter)]),
  ];
}

function checkNode({ node }: MachineFacts): Check {
  const [major = 0, minor = 0] = node.split(".").map(Number);
  const enough = major > 20 || (major === 20 && minor >= 19);
  if (enough) return { name: "Node", status: "ok", detail: node };
  return {
    name: "Node",
    status: "missing",
    detail: `${node} is too old`,
    cost: "Nibble needs Node 20.19 or newer",
    mend: "install a newer Node from https://nodejs.org",
  };
}

function checkOnnxruntime({ packages, setup }: MachineFacts): Check {
  const { onnxruntime } = packages;
  if (onnxruntime.ok) return { name: "onnxruntime-node", status: "ok", detail: onnxruntime.version };
  const cost = "no precision can be executed or timed";
  return { name: "onnxruntime-node", status: "missing", detail: onnxruntime.reason, cost, mend: setup };
}

function checkTensorFlow({ packages, setup, tensorflowFrom }: MachineFacts): Check {
  // As `startTensorFlow` reads it.
  const off = { ok: false, reason: `switched off by NIBBLE_TENSORFLOW=${tensorflowFrom}` } as const;
  const tensorflow = tensorflowFrom === undefined ? packages.tensorflow : off;
  const wasm = tensorflowFrom === "cpu" ? off : packages.wasm;
  const mend = tensorflowFrom === undefined ? setup : "unset NIBBLE_TENSORFLOW";
  const name = "TensorFlow (TF.js)";
  if (tensorflow.ok) return { name, status: "ok", detail: `native ${tensorflow.version}` };
  if (wasm.ok) {
    const cost = "TF.js runs on WebAssembly: the same results, slower training and parity checks";
    return {
      name,
      status: "degraded",
      detail: `wasm ${wasm.version}; native: ${tensorflow.reason}`,
      cost,
      mend,
    };
  }
  const cost = "TF.js runs as plain JavaScript: parity checks and training take many times as long";
  return {
    name,
    status: "degraded",
    detail: `cpu; wasm: ${wasm.reason}; native: ${tensorflow.reason}`,
    cost,
    mend,
  };
}

function checkPackage(name: string, loads: Loads, cost: string, mend: string): Check {
  if (loads.ok) return { name, status: "ok", detail: loads.version };
  return { name, status: "degraded", detail: loads.reason, cost, mend };
}

/** The instruction sets on which integer kernels stand, by architecture; the first of a group that is there counts. */
function checkCpu({ cpuFlags, architecture }: MachineFacts): Check {
  const name = "CPU";
  if (cpuFlags === undefined) {
    const cost = "a slow integer kernel cannot be told from a missing instruction set";
    return {
      name,
      status: "degraded",
      detail: `${architecture}; this system does not name its instruction sets`,
      cost,
    };
  }
  const has = (...flags: string[]) => flags.some((flag) => cpuFlags.has(flag));
  if (architecture === "arm64") {
    if (has("asimddp"))
      return { name, status: "ok", detail: `arm64 with dot products${has("i8mm") ? " and i8mm" : ""}` };
    return { name, status: "degraded", detail: "arm64 without dot products", cost: "int8 gains little over fp32" };
  }
  const sets = [
    has("avx2") && "AVX2",
    has("avx512f") && "AVX-512",
    has("avx512_vnni") && "AVX-512 VNNI",
    has("avx_vnni") && "AVX-VNNI",
  ].filter((set) => set !== false);
  const detail = `${architecture} with ${sets.length === 0 ? "neither AVX2 nor VNNI" : sets.join(", ")}`;
  if (has("avx512_vnni", "avx_vnni")) return { name, status: "ok", detail };
  // Without VNNI the u8 x s8 products are added in 16 bits, in pairs, with saturation (vpmaddubsw).
  const cost = "int8 is slower, and sums of 8-bit weights can saturate, which costs accuracy";
  return { name, status: "degraded", detail, cost };
}

function checkCores({ cores }: MachineFacts): Check {
  if (cores > 1) return { name: "cores", status: "ok", detail: String(cores) };
  const cost = "timing shares its core with everything else: wider intervals";
  return { name: "cores", status: "degraded", detail: "1", cost };
}

/** Results are small; models, their quantized copies and the native library are not. */
const ENOUGH_BYTES = 2e9;

function checkDisk({ freeBytes }: MachineFacts): Check {
  const detail = `${(freeBytes / 1e9).toFixed(1)} GB free`;
  if (freeBytes >= ENOUGH_BYTES) return { name: "disk", status: "ok", detail };
  const cost = "a run may stop when records or quantized models cannot be written";
  return { name: "disk", status: "degraded", detail, cost, mend: "free some space, or write elsewhere with --out" };
}

function checkPython(installed: boolean): Check {
  const name = "Python's onnx (tests)";
  if (installed) return { name, status: "ok", detail: "in .nibble/venv" };
  const cost = "tests that compare with Python's onnx are skipped";
  return { name, status: "degraded", detail: "not installed", cost, mend: "node src/setup/setup.mjs --tests --retry" };
}

function checkJupyter(installed: boolean): Check {
  const name = "Jupyter (tests)";
  if (installed) return { name, status: "ok", detail: "in .nibble/venv" };
  const cost = "tests of the kernel with Jupyter's own clients are skipped";
  return { name, status: "degraded", detail: "not installed", cost, mend: "node src/setup/setup.mjs --tests --retry" };
}

async function gather(): Promise<MachineFacts> {
  const root = ownPackage().folder;
  const checkout = existsSync(join(root, "src", "setup", "setup.mjs")) && existsSync(join(root, "package-lock.json"));
  const [onnxruntime, tensorflow, danfo, sharp, zeromq] = await Promise.all([
    loads("onnxruntime-node", "m.env.versions.node"),
    loadsNative(root),
    installedVersion("danfojs-node"),
    loads("sharp", "m.versions.sharp"),
    loads("zeromq", "m.version"),
  ]);
  const { arch, flags, cores } = readCpu();
  const chosen = process.env.NIBBLE_TENSORFLOW;
  return {
    node: process.versions.node,
    architecture: arch,
    cpuFlags: flags.length === 0 ? undefined : new Set(flags),
    cores,
    freeBytes: freeBytes(process.cwd()),
    packages: {
      onnxruntime,
      tensorflow,
      wasm: installedVersion("@tensorflow/tfjs-backend-wasm"),
      danfo,
      sharp,
      zeromq,
    },
    ...(chosen === "wasm" || chosen === "cpu" ? { tensorflowFrom: chosen } : {}),
    python: checkout ? existsSync(join(root, ".nibble", "venv", "nibble-requirements.sha256")) : undefined,
    jupyter: checkout ? existsSync(join(root, ".nibble", "venv", "nibble-jupyter.sha256")) : undefined,
    setup: checkout
      ? `npm run setup${inFolder(root)}`
      : `node ${join(relative(process.cwd(), root), "src", "setup", "setup.mjs")} --retry`,
  };
}

function inFolder(root: string): string {
  return root === process.cwd() ? "" : ` (in ${root})`;
}

async function loadsNative(root: string): Promise<Loads> {
  let binding: string;
  try {
    binding = nativeBindingPath();
  } catch {
    return { ok: false, reason: "tfjs-node is not installed" };
  }
  if (!existsSync(binding)) return { ok: false, reason: `not built${whyNotBuilt(root)}` };
  return evaluates(`require(${JSON.stringify(binding)}).TF_Version`);
}

/** The reason that set-up left behind when it tried. */
function whyNotBuilt(root: string): string {
  try {
    const { reason } = JSON.parse(readFileSync(join(root, ".nibble", "tensorflow-failed.json"), "utf8")) as Failure;
    return ` (${reason})`;
  } catch {
    return "";
  }
}

interface Failure {
  readonly reason: string;
}

async function loads(name: string, version: string): Promise<Loads> {
  let file: string;
  try {
    file = require.resolve(name);
  } catch {
    return { ok: false, reason: "not installed" };
  }
  return evaluates(`((m) => ${version})(require(${JSON.stringify(file)}))`);
}

/** Evaluates our own expression in a child process: a native part that crashes takes only that with it. */
function evaluates(expression: string): Promise<Loads> {
  const program = `process.stdout.write("\\n" + String(${expression}))`;
  const options = { timeout: 60_000, env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: "3" } };
  return new Promise((resolve) => {
    execFile(process.execPath, ["-e", program], options, (error, stdout, stderr) => {
      const version = stdout.split("\n").at(-1) ?? "";
      const reason = stderr.split("\n").find((line) => /error/i.test(line)) ?? error?.message ?? "";
      resolve(error === null ? { ok: true, version } : { ok: false, reason: `does not load: ${reason.slice(0, 200)}` });
    });
  });
}

function installedVersion(name: string): Loads {
  try {
    const file = require.resolve(`${name}/package.json`);
    return { ok: true, version: (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version };
  } catch {
    return { ok: false, reason: "not installed" };
  }
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
