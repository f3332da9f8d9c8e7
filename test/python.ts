import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { pythonIsReady, venvPython } from "../src/setup/python.mjs";

const projectFolder = resolve(dirname(fileURLToPath(import.meta.url)), "../.nibble");
const installed = pythonIsReady(projectFolder) && existsSync(venvPython(projectFolder));

/**
 * Whether tests may ask Python's onnx, onnxruntime and numpy for a third answer: `test.skipIf(!havePython)`.
 * In CI always true, so that a set-up that could not install them fails there instead of passing with less tested.
 */
export const havePython = installed || process.env.CI === "true";

/**
 * What a Python program prints.
 * @param script the program's text
 * @param input  its standard input; bytes are read with `sys.stdin.buffer`
 * @throws {Error} with the traceback when it fails, or when set-up did not install Python's packages
 */
export function runPython(script: string, input: string | Uint8Array = ""): string {
  if (!installed) throw new Error("Python's onnx is not installed: run `node src/setup/setup.mjs --tests --retry`");
  const { status, stdout, stderr, error } = spawnSync(venvPython(projectFolder), ["-c", script], {
    input,
    encoding: "utf8",
    maxBuffer: 256 * 1024 * 1024,
    env: { ...process.env, PYTHONUTF8: "1" },
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`Python ended with ${status}:\n${stderr}`);
  return stdout;
}
