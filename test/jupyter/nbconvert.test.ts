import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { haveJupyter } from "./installed.js";
import { nbconvert, newProject, placeFixture, plain } from "./notebook.js";

/** nbconvert says of every SVG output that its image has no text for the blind: it has no place for one. */
const isWarning = (line: string) => /warn|lexer|error/i.test(line) && !line.includes("Alternative text is missing");

describe.skipIf(!haveJupyter)("nbconvert", () => {
  test("--execute writes nothing when a cell fails, and its exit code says so", () => {
    const project = newProject();
    placeFixture("fails.ipynb", project.folder);
    const { status, stderr } = nbconvert(["--execute", "--to", "notebook", "--output", "out", "fails.ipynb"], project);
    expect(status).toBe(1);
    expect(plain(stderr)).toContain("RangeError: out of range: 1");
    expect(existsSync(join(project.folder, "out.ipynb"))).toBe(false);
  });

  test("--execute saves a notebook that becomes HTML with table, picture and colours, without a warning, and a TypeScript file", () => {
    const project = newProject();
    placeFixture("sweep.ipynb", project.folder);
    const warnings = (args: readonly string[]) => {
      const { status, stderr } = nbconvert(args, project);
      return { status, warnings: stderr.split("\n").filter(isWarning) };
    };
    const fine = { status: 0, warnings: [] };
    expect(warnings(["--execute", "--to", "notebook", "--inplace", "sweep.ipynb"])).toEqual(fine);

    expect(warnings(["--to", "html", "sweep.ipynb"])).toEqual(fine);
    const html = readFileSync(join(project.folder, "sweep.html"), "utf8");
    const picture = /<img [^>]*src="data:image\/svg\+xml;base64,([^"]+)"/.exec(html)?.[1] ?? "";
    expect(Buffer.from(picture, "base64").toString()).toMatch(/<svg [\s\S]*Accuracy/);
    expect(html).toMatch(/<table[\s\S]*weight_only/);
    // Pygments' class of a keyword: the lexer for TypeScript was found.
    expect(html).toMatch(/<span class="kd">interface<\/span>/);
    expect(html).not.toContain("[object Object]");

    expect(warnings(["--to", "script", "sweep.ipynb"])).toEqual(fine);
    expect(readFileSync(join(project.folder, "sweep.ts"), "utf8")).toContain("points.map(({ x, y }) => x * y)");
  });
});
