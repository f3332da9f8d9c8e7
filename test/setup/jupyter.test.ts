import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findChromium } from "../../src/setup/chromium.mjs";
import { haveJupyter, kernelTests, runJupyter } from "../jupyter/installed.js";

test.skipIf(!haveJupyter)("the environment has the Jupyter that the list names", () => {
  const { stdout } = runJupyter([
    "-c",
    "import jupyterlab, nbclient, pygments; print(jupyterlab.__version__, nbclient.__version__, pygments.__version__)",
  ]);
  expect(stdout).toBe("4.6.4 0.11.0 2.21.0\n");
});

for (const { source, folder } of kernelTests) {
  test.skipIf(!haveJupyter)(`the conformance tests from ${source} load`, () => {
    const program = "import jupyter_kernel_test; print(jupyter_kernel_test.KernelTests.__name__)";
    const { stdout, stderr } = runJupyter(["-c", program], { env: { PYTHONPATH: folder } });
    expect({ stdout, stderr }).toEqual({ stdout: "KernelTests\n", stderr: "" });
  });
}

test("the browser that CHROME_PATH names comes before those on PATH, and one that is not there is passed over", () => {
  const folder = mkdtempSync(join(tmpdir(), "nibble-browser-"));
  const [chosen, onPath] = [join(folder, "mine"), join(folder, "chromium")];
  for (const file of [chosen, onPath]) {
    writeFileSync(file, "");
    chmodSync(file, 0o755);
  }
  expect(findChromium({ CHROME_PATH: chosen, PATH: folder })).toBe(chosen);
  expect(findChromium({ CHROME_PATH: join(folder, "absent"), PATH: folder })).toBe(onPath);
});
