import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ownPackage } from "../../src/base/package.js";
import { haveJupyter, runJupyter } from "../jupyter/installed.js";

test.skipIf(!haveJupyter)("with the companion nbconvert colours a Nibble notebook", { timeout: 180_000 }, () => {
  const scratch = mkdtempSync(join(tmpdir(), "nibble-companion-"));
  // pip builds inside the folder that it is given.
  cpSync(join(ownPackage().folder, "src", "kernel", "companion"), join(scratch, "source"), { recursive: true });
  const site = join(scratch, "site");
  const pip = ["-m", "pip", "install", "--quiet", "--retries", "0", "--no-deps", "--target", site];
  const installed = runJupyter([...pip, join(scratch, "source")]);
  expect(installed.status, installed.stderr).toBe(0);

  const source = 'experiment s {\n  try dynamic { weights: int8 }  // one\n}\nmodel m = tfjs("m.json")';
  const cell = { cell_type: "code", metadata: {}, outputs: [], execution_count: null, source };
  const metadata = {
    kernelspec: { name: "nibble", display_name: "Nibble" },
    language_info: { name: "nibble", pygments_lexer: "nibble" },
  };
  const file = join(scratch, "a.ipynb");
  writeFileSync(file, JSON.stringify({ cells: [cell], metadata, nbformat: 4, nbformat_minor: 4 }));
  const env = { PYTHONPATH: site };
  const { stderr } = runJupyter(["-m", "nbconvert", "--to", "html", file], { env });
  expect(stderr).not.toMatch(/lexer/i);
  const html = readFileSync(join(scratch, "a.html"), "utf8");
  expect(html).toContain('<span class="kd">experiment</span>');
  expect(html).toContain('<span class="c1">// one</span>');
});
