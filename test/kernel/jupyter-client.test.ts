import { spawn } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { haveJupyter, jupyterPython, kernelTests } from "../jupyter/installed.js";
import { newProject } from "../jupyter/notebook.js";

/** What became of each test case of a Python module. */
interface Report {
  readonly passed: readonly string[];
  readonly failed: Readonly<Record<string, string>>;
  readonly skipped: Readonly<Record<string, string>>;
}

/** Runs the test cases of a Python module against both installed kernels, with a history of their own. */
async function report(module: string, path = ""): Promise<Report> {
  const { folder, env } = newProject();
  const script = join(import.meta.dirname, "python", "report.py");
  const child = spawn(jupyterPython, ["-W", "ignore", script, module], {
    cwd: folder,
    env: { ...process.env, ...env, PYTHONPATH: path, PYTHONDONTWRITEBYTECODE: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      said[name] += text;
    });
  }
  await new Promise((resolve) => child.on("close", resolve));
  if (!said.stdout.startsWith("{")) throw new Error(`Python's report is missing:\n${said.stderr}`);
  return JSON.parse(said.stdout) as Report;
}

const ours = ["execution", "questions", "comms", "stopping", "accidents", "messages", "lifetime"];

describe.skipIf(!haveJupyter)("with jupyter_client", () => {
  test.each(kernelTests)("jupyter_kernel_test from $source passes whole for both kernelspecs", async ({ folder }) => {
    const { passed, failed, skipped } = await report("conformance", folder);
    expect({ failed, skipped }).toEqual({ failed: {}, skipped: {} });
    expect(passed.length).toBeGreaterThanOrEqual(24);
  });

  test.each(ours)("what that leaves out passes, too: %s", async (module) => {
    const { passed, failed, skipped } = await report(module);
    expect({ failed, skipped }).toEqual({ failed: {}, skipped: {} });
    expect(passed).not.toEqual([]);
  });
});
