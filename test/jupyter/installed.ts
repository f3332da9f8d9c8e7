import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { findChromium } from "../../src/setup/chromium.mjs";
import { kernelTestFolder, kernelTestIsReady } from "../../src/setup/kernel-tests.mjs";
import { jupyterIsReady, venvPython } from "../../src/setup/python.mjs";

const projectFolder = resolve(import.meta.dirname, "../../.nibble");
const inCi = process.env.CI === "true";
const installed = jupyterIsReady(projectFolder);

/**
 * Whether tests may start Jupyter's clients: `test.skipIf(!haveJupyter)`.
 * In CI always true, so that a set-up that could not install them fails there instead of passing with less tested.
 */
export const haveJupyter = installed || inCi;

/** The Python that has Jupyter: `[jupyterPython, "-m", "nbconvert", ...]`. */
export const jupyterPython = venvPython(projectFolder);

const sources = (["pip", "debian"] as const).filter((source) => kernelTestIsReady(projectFolder, source));

/** Where `jupyter_kernel_test` lies, by source, for PYTHONPATH; in CI never empty, and then the tests fail that use it. */
export const kernelTests: readonly { readonly source: string; readonly folder: string }[] = (
  sources.length === 0 && inCi ? (["pip"] as const) : sources
).map((source) => ({ source, folder: kernelTestFolder(projectFolder, source) }));

/** The browser for JupyterLab; `undefined` where there is none. */
export const chromium = findChromium();

/** Whether tests may open a browser; in CI always true. */
export const haveChromium = chromium !== undefined || inCi;

/**
 * Runs Jupyter's Python and waits for it.
 * @throws {Error} when set-up did not install Jupyter
 */
export function runJupyter(
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  if (!installed) throw new Error("Jupyter is not installed: run `node src/setup/setup.mjs --tests --retry`");
  const { status, stdout, stderr, error } = spawnSync(jupyterPython, args, {
    encoding: "utf8",
    maxBuffer: 256 * 1024 * 1024,
    cwd: options.cwd,
    env: { ...process.env, PYTHONUTF8: "1", ...options.env },
  });
  if (error) throw error;
  return { status, stdout, stderr };
}
