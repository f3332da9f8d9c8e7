import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { firstProgram, reasonIn, run } from "./command.mjs";

/**
 * What one list of packages gives the tests.
 * @typedef {object} PackageSet
 * @property {string} requirements file with the pinned versions
 * @property {string} stamp        file of the environment that says which version of the list is installed
 * @property {string} check        Python program that fails when they do not work
 * @property {string} names        for the line that says they are being installed
 * @property {string} without      for the line that says they could not be had: what is missing
 * @property {string} skipped      and what that costs
 */

/** @type {Readonly<Record<"onnx" | "jupyter", PackageSet>>} */
const sets = {
  onnx: {
    requirements: fileURLToPath(new URL("python-requirements.txt", import.meta.url)),
    stamp: "nibble-requirements.sha256",
    check: "import numpy, onnx, onnx.checker, onnxruntime, scipy.stats, sklearn.metrics",
    names: "onnx and onnxruntime",
    without: "no onnx",
    skipped: "tests that compare with Python's onnx are skipped",
  },
  jupyter: {
    requirements: fileURLToPath(new URL("jupyter-requirements.txt", import.meta.url)),
    stamp: "nibble-jupyter.sha256",
    check: "import ipykernel, jupyter_client, jupyter_console, jupyterlab, nbclient, nbconvert, nbformat, pygments",
    names: "Jupyter",
    without: "no Jupyter",
    skipped: "tests of the kernel with Jupyter's own clients are skipped",
  },
};

/**
 * The interpreter of the project's own virtual environment; it need not exist.
 * @param {string} projectFolder
 */
export function venvPython(projectFolder) {
  const inside = process.platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"];
  return join(projectFolder, "venv", ...inside);
}

/**
 * Whether the environment holds what `python-requirements.txt` asks for.
 * @param {string} projectFolder
 */
export function pythonIsReady(projectFolder) {
  return setIsReady(projectFolder, sets.onnx);
}

/**
 * Whether the environment holds what `jupyter-requirements.txt` asks for.
 * @param {string} projectFolder
 */
export function jupyterIsReady(projectFolder) {
  return setIsReady(projectFolder, sets.jupyter);
}

/**
 * Makes the virtual environment, or adds to it, so that onnx and onnxruntime give the tests their third answers. Never throws.
 * @param {{ projectFolder: string, memory: import("./memory.mjs").Memory, say: (line: string) => void }} context
 * @returns {Promise<"ready" | "built" | "absent">}
 */
export function preparePython(context) {
  return prepareSet(sets.onnx, context);
}

/**
 * The same for the clients of Jupyter that the kernel is tested with.
 * @param {{ projectFolder: string, memory: import("./memory.mjs").Memory, say: (line: string) => void }} context
 * @returns {Promise<"ready" | "built" | "absent">}
 */
export function prepareJupyter(context) {
  return prepareSet(sets.jupyter, context);
}

/**
 * pip for the project's environment, without the words of its subcommand; `undefined` where there is no environment.
 * Debian's Python makes none with pip unless a package is added; its own pip can fill one from outside.
 * @param {string} projectFolder
 * @returns {Promise<[string, ...string[]] | undefined>}
 */
export async function venvPip(projectFolder) {
  const python = venvPython(projectFolder);
  if (!existsSync(python)) return undefined;
  if ((await run(python, ["-m", "pip", "--version"], { seconds: 60 })).ok) return [python, "-m", "pip"];
  const system = await firstProgram(["python3", "python"]);
  return system === undefined ? undefined : [system, "-m", "pip", "--python", python];
}

/** How pip is called everywhere here: wheels only, and no minutes of waiting where an index cannot be reached. */
export const pipInstall = ["install", "--quiet", "--only-binary=:all:", "--retries", "1", "--timeout", "30"];

/**
 * @param {PackageSet} set
 * @param {{ projectFolder: string, memory: import("./memory.mjs").Memory, say: (line: string) => void }} context
 * @returns {Promise<"ready" | "built" | "absent">}
 */
async function prepareSet(set, { projectFolder, memory, say }) {
  if (setIsReady(projectFolder, set)) return "ready";
  const known = memory.recall();
  if (known !== undefined) {
    say(`Python: ${set.without} (${known}); ${set.skipped}; \`npm run setup -- --tests\` tries again`);
    return "absent";
  }
  try {
    say(`Python: installing ${set.names} into .nibble/venv`);
    await install(projectFolder, set);
    memory.forget();
    return "built";
  } catch (error) {
    const reason = /** @type {Error} */ (error).message;
    memory.remember(reason);
    say(`Python: ${set.without} (${reason}); ${set.skipped}`);
    return "absent";
  }
}

/**
 * @param {string} projectFolder
 * @param {PackageSet} set
 */
async function install(projectFolder, set) {
  const pip = await environment(projectFolder);
  const [program, ...before] = pip;
  const installed = await run(program, [...before, ...pipInstall, "-r", set.requirements], {
    seconds: 1800,
    env: { PIP_DISABLE_PIP_VERSION_CHECK: "1" },
  });
  if (!installed.ok) throw new Error(reasonIn(installed.output));
  const works = await run(venvPython(projectFolder), ["-c", set.check], { seconds: 120 });
  if (!works.ok) throw new Error(reasonIn(works.output));
  writeFileSync(stampOf(projectFolder, set), hashOf(set));
}

/**
 * The environment that is there, for other tests may run from it; a new one only where it does not start.
 * @param {string} projectFolder
 * @returns {Promise<[string, ...string[]]>} pip for it
 */
async function environment(projectFolder) {
  const present = await venvPip(projectFolder);
  if (present !== undefined && (await run(venvPython(projectFolder), ["-c", ""], { seconds: 60 })).ok) return present;
  const system = await firstProgram(["python3", "python"]);
  if (system === undefined) throw new Error("there is no Python");
  mkdirSync(projectFolder, { recursive: true });
  const venv = join(projectFolder, "venv");
  const full = await run(system, ["-m", "venv", "--clear", venv]);
  if (!full.ok) {
    const bare = await run(system, ["-m", "venv", "--clear", "--without-pip", venv]);
    if (!bare.ok) {
      rmSync(venv, { recursive: true, force: true });
      throw new Error(reasonIn(bare.output));
    }
  }
  const made = await venvPip(projectFolder);
  if (made === undefined) throw new Error("there is no pip");
  return made;
}

/**
 * @param {string} projectFolder
 * @param {PackageSet} set
 */
function setIsReady(projectFolder, set) {
  const stamp = stampOf(projectFolder, set);
  return existsSync(venvPython(projectFolder)) && existsSync(stamp) && readFileSync(stamp, "utf8") === hashOf(set);
}

/**
 * @param {string} projectFolder
 * @param {PackageSet} set
 */
function stampOf(projectFolder, set) {
  return join(projectFolder, "venv", set.stamp);
}

/** @param {PackageSet} set */
function hashOf(set) {
  return createHash("sha256").update(readFileSync(set.requirements)).digest("hex");
}
