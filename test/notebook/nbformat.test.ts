import { expect, test } from "vitest";
import { renderDiagnostic } from "../../src/base/diagnostic.js";
import { formatNotebook } from "../../src/notebook/format.js";
import { notebookText, readNotebook, withSource } from "../../src/notebook/nbformat.js";
import { setParameters } from "../../src/notebook/parameters.js";

const notebook = (...cells: object[]) =>
  readNotebook(JSON.stringify({ cells, metadata: { own: { b: 1, a: [] } }, nbformat: 4, nbformat_minor: 5 }));
const code = (source: string, ...tags: string[]) => ({
  cell_type: "code",
  id: "c",
  metadata: { tags },
  outputs: [],
  execution_count: null,
  source,
});

test("a notebook is written as Jupyter writes it, with all that is not ours", () => {
  const text = notebookText(notebook({ cell_type: "markdown", metadata: {}, source: ["é\n", "b"], id: "x", own: 1 }));
  expect(text).toMatchInlineSnapshot(`
    "{
     "cells": [
      {
       "cell_type": "markdown",
       "id": "x",
       "metadata": {},
       "own": 1,
       "source": [
        "é\\n",
        "b"
       ]
      }
     ],
     "metadata": {
      "own": {
       "a": [],
       "b": 1
      }
     },
     "nbformat": 4,
     "nbformat_minor": 5
    }
    "
  `);
});

test("what is not a notebook of format 4 is refused with the reason", () => {
  const reason = (text: string) => {
    try {
      readNotebook(text);
      return "read";
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect(reason("[]")).toBe("it is not a JSON object");
  expect(reason("{")).toMatch(/^it is not JSON/);
  expect(reason('{"nbformat":3,"worksheets":[]}')).toMatch(/^its format is 3, not 4/);
  expect(reason('{"nbformat":4,"cells":[{"cell_type":"code","source":1}]}')).toBe("the source of cell 1 is not text");
  expect(reason('{"nbformat":4,"cells":[{"cell_type":"heading","source":""}]}')).toBe("cell 1 has an unknown type");
});

test("parameters come after the tagged cell, in the cell's language, in place of those of an earlier run", () => {
  const before = notebook(
    code("const a = 1", "parameters"),
    code("const a = 5", "injected-parameters"),
    code("param n = 3"),
  );
  const set = setParameters(before, "typescript", { a: "x y", n: "64" });
  if ("diagnostics" in set) throw new Error("refused");
  expect(set.notebook.cells.map(({ source }) => source)).toEqual([
    "const a = 1",
    '// Parameters\nconst a = "x y"',
    "%%nibble\n// Parameters\nparam n = 64",
    "param n = 3",
  ]);
  expect(set.overrides).toEqual({ n: "64" });
});

test("a parameter that nothing declares is a mistake", () => {
  const set = setParameters(notebook(code("const samples = 1", "parameters")), "typescript", { sampels: "2" });
  expect(set).toMatchObject({ diagnostics: [{ code: "notebook-parameter-unknown", facts: { nearest: "samples" } }] });
});

test("formatting touches Nibble cells alone", () => {
  const before = notebook(code("const  a=1"), code("%%nibble\nparam   n=3"));
  const { notebook: after, changed } = formatNotebook(before, "typescript");
  expect(changed).toBe(true);
  expect(after.cells.map(({ source }) => source)).toEqual(["const  a=1", "%%nibble\nparam n = 3"]);
  expect(after.cells[0]).toBe(before.cells[0]);
  expect(formatNotebook(after, "typescript").changed).toBe(false);
});

test("a mistake in a Nibble cell has the line of the cell, magic lines counted; cells of an unknown magic stay", () => {
  const { diagnostics, sources, changed } = formatNotebook(
    notebook(code("\n%%nibble\n\nparam = 3"), code("%%python\nmodel  x"), code("%%nibble\r\nparam k = 1")),
    "nibble",
  );
  expect(changed).toBe(false);
  expect(diagnostics.map((each) => renderDiagnostic(each, sources).split(":", 3).join(":"))).toEqual([
    "error[unexpected-token] <cell 1>:4:7",
  ]);
});

test("every variable of the tagged cell can be set", () => {
  const text = "const a = 1, b: number = 2,\n  c = 'x'; let d\nconst e = { f: 1 }";
  const known = (name: string) =>
    !("diagnostics" in setParameters(notebook(code(text, "parameters")), "typescript", { [name]: "1" }));
  expect([..."abcdef"].filter(known)).toEqual(["a", "b", "c", "e"]);
});

test("a changed text is stored by lines", () => {
  const [cell] = notebook(code("a")).cells;
  if (cell === undefined) throw new Error("no cell");
  expect(withSource(cell, "a\nb\n").json.source).toEqual(["a\n", "b\n"]);
  expect(withSource(cell, "").json.source).toEqual([]);
});
