import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { firstProgram, reasonIn, run } from "./command.mjs";

const requirements = fileURLToPath(new URL("python-requirements.txt", import.meta.url));

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
  const stamp = stampOf(projectFolder);
  return (
    existsSync(venvPython(projectFolder)) && existsSync(stamp) && readFileSync(stamp, "utf8") === requirementsHash()
  );
}

/**
 * Makes the virtual environment whose onnx and onnxruntime give the tests their third answers. Never throws.
 * @param {{ projectFolder: string, memory: import("./memory.mjs").Memory, say: (line: string) => void }} context
 * @returns {Promise<"ready" | "built" | "absent">}
 */
export async function preparePython({ projectFolder, memory, say }) {
  if (pythonIsReady(projectFolder)) return "ready";
  const skipped = "tests that compare with Python's onnx are skipped";
  const known = memory.recall();
  if (known !== undefined) {
    say(`Python: no onnx (${known}); ${skipped}; \`npm run setup -- --tests\` tries again`);
    return "absent";
  }
  try {
    say("Python: installing onnx and onnxruntime into .nibble/venv");
    await build(projectFolder);
    memory.forget();
    return "built";
  } catch (error) {
    const reason = /** @type {Error} */ (error).message;
    rmSync(join(projectFolder, "venv"), { recursive: true, force: true });
    memory.remember(reason);
    say(`Python: no onnx (${reason}); ${skipped}`);
    return "absent";
  }
}

/** @param {string} projectFolder */
async function build(projectFolder) {
  const system = await firstProgram(["python3", "python"]);
  if (system === undefined) throw new Error("there is no Python");
  mkdirSync(projectFolder, { recursive: true });
  const venv = join(projectFolder, "venv");
  const python = venvPython(projectFolder);
  // Debian's Python makes no environment with pip unless a package is added; its own pip can fill one from outside.
  const full = await run(system, ["-m", "venv", "--clear", venv]);
  if (!full.ok) {
    const bare = await run(system, ["-m", "venv", "--clear", "--without-pip", venv]);
    if (!bare.ok) throw new Error(reasonIn(bare.output));
  }
  const pip = full.ok ? [python, "-m", "pip"] : [system, "-m", "pip", "--python", python];
  const [program, ...before] = /** @type {[string, ...string[]]} */ (pip);
  const installed = await run(
    program,
    [...before, "install", "--quiet", "--only-binary=:all:", "--retries", "1", "--timeout", "30", "-r", requirements],
    { seconds: 1800, env: { PIP_DISABLE_PIP_VERSION_CHECK: "1" } },
  );
  if (!installed.ok) throw new Error(reasonIn(installed.output));
  const works = await run(python, ["-c", "import numpy, onnx, onnx.checker, onnxruntime"], { seconds: 120 });
  if (!works.ok) throw new Error(reasonIn(works.output));
  writeFileSync(stampOf(projectFolder), requirementsHash());
}

/** @param {string} projectFolder */
function stampOf(projectFolder) {
  return join(projectFolder, "venv", "nibble-requirements.sha256");
}

function requirementsHash() {
  return createHash("sha256").update(readFileSync(requirements)).digest("hex");
}
