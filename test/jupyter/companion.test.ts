import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { ownPackage } from "../../src/base/package.js";
import { haveChromium, haveJupyter, runJupyter } from "./installed.js";
import { startLab } from "./lab.js";
import { nbconvert, newProject } from "./notebook.js";

const SOURCE =
  'experiment s {\n  try dynamic { weights: int8 }  // one\n  /* two\nthree */\n}\nmodel m = tfjs("m.json")';

/** Installs the companion from a copy of the checkout, as a user's pip does; pip builds inside the folder it is given. */
function install(): string {
  const scratch = mkdtempSync(join(tmpdir(), "nibble-companion-"));
  cpSync(join(ownPackage().folder, "src", "kernel", "companion"), join(scratch, "source"), { recursive: true });
  const site = join(scratch, "site");
  const pip = ["-m", "pip", "install", "--quiet", "--retries", "0", "--no-deps", "--target", site];
  const { status, stderr } = runJupyter([...pip, join(scratch, "source")]);
  if (status !== 0) throw new Error(`pip ended with ${status}: ${stderr}`);
  return site;
}

function placeNotebook(folder: string): void {
  const cell = { cell_type: "code", id: "a", metadata: {}, outputs: [], execution_count: null, source: SOURCE };
  const metadata = {
    kernelspec: { name: "nibble", display_name: "Nibble" },
    language_info: { name: "nibble", mimetype: "text/x-nibble", pygments_lexer: "nibble" },
  };
  writeFileSync(join(folder, "a.ipynb"), JSON.stringify({ cells: [cell], metadata, nbformat: 4, nbformat_minor: 5 }));
}

describe.skipIf(!haveJupyter)("with the companion", () => {
  let site = "";
  beforeAll(() => {
    site = install();
  });

  test("nbconvert colours a Nibble notebook", () => {
    const project = newProject();
    placeNotebook(project.folder);
    const env = { ...project.env, PYTHONPATH: site };
    const { stderr } = nbconvert(["--to", "html", "a.ipynb"], { ...project, env });
    expect(stderr).not.toMatch(/lexer/i);
    const html = readFileSync(join(project.folder, "a.html"), "utf8");
    expect(html).toContain('<span class="kd">experiment</span>');
    expect(html).toContain('<span class="c1">// one</span>');
  });

  test.skipIf(!haveChromium)("JupyterLab colours the cells", async () => {
    const project = newProject();
    placeNotebook(project.folder);
    const paths = [project.env.JUPYTER_PATH, join(site, "share", "jupyter")].join(delimiter);
    const lab = await startLab({ ...project, env: { ...project.env, JUPYTER_PATH: paths } });
    try {
      const notebook = await lab.open("a.ipynb");
      const coloured = notebook.cell(0).locator(".cm-line span");
      await coloured.first().waitFor();
      expect(await coloured.allTextContents()).toEqual(
        expect.arrayContaining(["experiment", "try", "weights", "// one", "/* two", "three */", "model", '"m.json"']),
      );
      // Words of one kind look alike, and unlike those of another.
      const style = (text: string) => coloured.getByText(text, { exact: true }).getAttribute("class");
      expect(await style("model")).toBe(await style("experiment"));
      expect(await style("// one")).not.toBe(await style("experiment"));
      await lab.screenshot("lab-companion");
    } finally {
      await lab.close();
    }
  });
});
