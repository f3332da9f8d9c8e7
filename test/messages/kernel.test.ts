import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Diagnostic, DiagnosticError, diagnostic, renderDiagnostic } from "../../src/base/diagnostic.js";
import { kernelWording } from "../../src/base/diagnostics/kernel.js";
import { notebookWording } from "../../src/base/diagnostics/notebook.js";
import type { SourceFile } from "../../src/base/span.js";
import { installKernels, uninstallKernels } from "../../src/kernel/install/install.js";
import type { Location } from "../../src/kernel/install/places.js";
import { checkNotebook } from "../../src/notebook/check.js";
import { openNotebook, saveNotebook } from "../../src/notebook/file.js";
import { readNotebook } from "../../src/notebook/nbformat.js";
import { setParameters } from "../../src/notebook/parameters.js";

const scratch = realpathSync(mkdtempSync(join(tmpdir(), "nibble-messages-")));
const machine = { platform: "linux", env: { PATH: "" }, home: join(scratch, "file") } as const;
const prefix = (name: string): Location => ({ kind: "prefix", prefix: join(scratch, name) });

interface Code {
  readonly source: string;
  readonly tags?: readonly string[];
}

function notebook(...code: readonly Code[]) {
  const cells = code.map(({ source, tags = [] }) => ({ cell_type: "code", metadata: { tags }, source, outputs: [] }));
  return readNotebook(JSON.stringify({ cells, metadata: {}, nbformat: 4, nbformat_minor: 4 }));
}

/** What `work` throws. */
function thrown(work: () => unknown): readonly Diagnostic[] {
  try {
    work();
    return [];
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics;
    throw error;
  }
}

function refused(cells: readonly Code[], name: string): readonly Diagnostic[] {
  const set = setParameters(notebook(...cells), "typescript", { [name]: "1" });
  return "diagnostics" in set ? set.diagnostics : [];
}

async function opened(name: string, content?: string): Promise<readonly Diagnostic[]> {
  const path = join(scratch, name);
  if (content !== undefined) writeFileSync(path, content);
  const file = await openNotebook(path);
  return "code" in file ? [file] : [];
}

const python = { kernelspec: { name: "python3", language: "python" } };

/** Mistakes with the kernel's installation and with notebooks; their messages are in `kernel.txt`. */
const mistakes: Readonly<Record<string, () => readonly Diagnostic[] | Promise<readonly Diagnostic[]>>> = {
  "a name that Jupyter would not accept": () =>
    thrown(() => installKernels({ location: prefix("a"), name: "my kernel" }, machine)),
  "a kernel that Nibble did not write": () => {
    mkdirSync(join(scratch, "a", "share", "jupyter", "kernels", "nibble"), { recursive: true });
    return thrown(() => installKernels({ location: prefix("a") }, machine));
  },
  "a prefix that cannot be written": () => thrown(() => installKernels({ location: prefix("file") }, machine)),
  "a home that cannot be written": () => thrown(() => installKernels({ location: { kind: "user" } }, machine)),
  "no Python": () => thrown(() => installKernels({ location: { kind: "sys-prefix" } }, machine)),
  "not installed": () => thrown(() => uninstallKernels({ location: prefix("b") }, machine)),
  "installed from npx": () => [
    diagnostic(
      "kernel-in-npx-cache",
      { folder: "~/.npm/_npx/1a2b/node_modules/nibble-quant" },
      { severity: "warning" },
    ),
  ],
  "no notebook": () => opened("absent.ipynb"),
  "a folder": () => opened(""),
  "not JSON": () => opened("broken.ipynb", '{"cells": ['),
  "an old format": () => opened("old.ipynb", '{"nbformat": 3}'),
  "a notebook of Python": () =>
    opened("python.ipynb", JSON.stringify({ cells: [], metadata: python, nbformat: 4, nbformat_minor: 4 })),
  "a misspelt parameter": () => refused([{ source: "const samples = 1", tags: ["parameters"] }], "sampels"),
  "a parameter unlike any": () => refused([{ source: "const samples = 1", tags: ["parameters"] }], "width"),
  "a parameter of a notebook without any": () => refused([], "width"),
  "a notebook that cannot be written": async () => {
    const failed = await saveNotebook(join(scratch, "file", "out.ipynb"), notebook());
    return failed ? [failed] : [];
  },
};

const cells = notebook(
  { source: "const n: number = 'a'\nn.toFixd()" },
  { source: "const = 3" },
  { source: "\n%%nibble\nmodel m = tfjs(" },
  { source: "%%python\nprint(1)" },
);

test("messages read as they should, and every code has one", async () => {
  writeFileSync(join(scratch, "file"), "");
  const pages: string[] = [];
  const codes = new Set<string>();
  const page = (title: string, diagnostics: readonly Diagnostic[], sources: ReadonlyMap<string, SourceFile>) => {
    for (const { code } of diagnostics) codes.add(code);
    pages.push(`## ${title}\n\n${diagnostics.map((each) => renderDiagnostic(each, sources)).join("\n\n")}\n`);
  };
  for (const [title, find] of Object.entries(mistakes)) page(title, await find(), new Map());
  const checked = await checkNotebook(cells, "typescript", { folder: scratch, allow: [], parameters: {} });
  page("cells", checked.diagnostics, checked.sources);
  const text = pages.join("\n").replaceAll(scratch, "~");
  await expect(text).toMatchFileSnapshot("kernel.txt");
  expect([...Object.keys(kernelWording), ...Object.keys(notebookWording)].filter((code) => !codes.has(code))).toEqual(
    [],
  );
  expect(text.replaceAll(/did you mean/gi, "")).not.toMatch(/\byou\b/i);
});
