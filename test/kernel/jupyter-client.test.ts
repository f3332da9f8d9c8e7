import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { entryPoint } from "../../src/base/entry.js";
import { haveJupyter, kernelTests, runJupyter } from "../jupyter/installed.js";

/** What became of each test case of a Python module. */
interface Report {
  readonly passed: readonly string[];
  readonly failed: Readonly<Record<string, string>>;
  readonly skipped: Readonly<Record<string, string>>;
}

const { file, execArgv } = entryPoint("kernel/main");

/** Runs test cases in Python against the kernel, with a history of its own. */
function report(module: string, path = ""): Report {
  const data = mkdtempSync(join(tmpdir(), "nibble-kernel-"));
  try {
    const { stdout, stderr } = runJupyter(["-W", "ignore", "report.py", module], {
      cwd: join(import.meta.dirname, "python"),
      env: {
        NIBBLE_KERNEL: JSON.stringify([process.execPath, ...execArgv, file]),
        PYTHONPATH: path,
        PYTHONDONTWRITEBYTECODE: "1",
        XDG_DATA_HOME: data,
      },
    });
    if (!stdout.startsWith("{")) throw new Error(`Python's report is missing:\n${stderr}`);
    return JSON.parse(stdout) as Report;
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}

describe.skipIf(!haveJupyter)("with jupyter_client", () => {
  test.each(kernelTests)("jupyter_kernel_test from $source passes whole for both kernelspecs", ({ folder }) => {
    const { passed, failed, skipped } = report("conformance", folder);
    expect({ failed, skipped }).toEqual({ failed: {}, skipped: {} });
    expect(passed.length).toBeGreaterThanOrEqual(24);
  });

  test("what that leaves out passes, too", () => {
    const { failed, skipped } = report("suite");
    expect({ failed, skipped }).toEqual({ failed: {}, skipped: {} });
  });
});
