import { describe, expect, test } from "vitest";
import { haveJupyter } from "./installed.js";
import { newProject, type Output, placeFixture, plain, runNotebook, textOf } from "./notebook.js";

const figure = ["application/vnd.plotly.v1+json", "image/svg+xml", "text/plain"];
const forms = (outputs: readonly Output[] | undefined) => outputs?.map(({ data }) => Object.keys(data ?? {}).sort());

describe.skipIf(!haveJupyter)("nbclient", () => {
  test("a failing cell fails the run, its error is in the notebook, and the next cell does not run", () => {
    const project = newProject();
    const { raised, cells } = runNotebook(placeFixture("fails.ipynb", project.folder), project);
    expect(raised?.name).toBe("CellExecutionError");
    expect(plain(raised?.text ?? "")).toContain("RangeError: out of range: 1");
    const { fails, after } = cells;
    expect(fails?.outputs?.map(({ output_type, ename, evalue }) => ({ output_type, ename, evalue }))).toEqual([
      { output_type: "error", ename: "RangeError", evalue: "out of range: 1" },
    ]);
    expect(plain((fails?.outputs?.[0]?.traceback ?? []).join("\n"))).toMatch(/at fail \(<cell 2>:2:9\)/);
    expect(after).toMatchObject({ execution_count: null, outputs: [] });
  });

  test("where errors are allowed, the next cell really runs", () => {
    const project = newProject();
    const { raised, cells } = runNotebook(placeFixture("fails.ipynb", project.folder), project, "allow");
    expect(raised).toBeUndefined();
    expect(cells.fails?.outputs?.map(({ output_type }) => output_type)).toEqual(["error"]);
    expect(cells.after?.outputs).toMatchObject([
      { output_type: "stream", name: "stdout", text: ["ran after\n"] },
      { output_type: "execute_result", data: { "text/plain": ["2"] } },
    ]);
  });

  test("a notebook of both languages: table and picture are saved, and a display holds its last update alone", () => {
    const project = newProject();
    const { raised, cells } = runNotebook(placeFixture("sweep.ipynb", project.folder), project);
    expect(raised).toBeUndefined();
    expect(textOf(cells.types?.outputs?.[0]?.data?.["text/plain"])).toBe("[ 2, 12 ]");
    const shown = forms(cells.sweep?.outputs);
    expect(shown?.at(-2)).toEqual(["text/html", "text/plain"]);
    expect(shown?.at(-1)).toEqual(figure);
    expect(textOf(cells.sweep?.outputs?.at(-1)?.data?.["image/svg+xml"])).toMatch(/^<svg .*<\/svg>\s*$/s);
    expect(textOf(cells.result?.outputs?.at(-1)?.data?.["text/plain"])).toMatch(/static: completed/);
    expect(cells.display?.outputs?.map(({ output_type }) => output_type)).toEqual(["display_data", "stream"]);
    expect(JSON.stringify(cells.display?.outputs?.[0]?.data)).toContain("2 of 2");
    expect(JSON.stringify(cells.display?.outputs?.[0]?.data)).not.toContain("0 of 2");
  });

  test("a notebook whose cells are Nibble first uses variables of its TypeScript cells", () => {
    const project = newProject();
    const { raised, cells } = runNotebook(placeFixture("nibble-first.ipynb", project.folder), project);
    expect(raised).toBeUndefined();
    expect(forms(cells.sweep?.outputs)?.at(-1)).toEqual(figure);
    expect(textOf(cells.result?.outputs?.at(-1)?.data?.["text/plain"])).toBe("4");
  });
});
