import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll } from "vitest";
import { DiagnosticError, renderDiagnostic } from "../../src/base/diagnostic.js";
import type { DataSummary, Dataset } from "../../src/datasets/dataset.js";
import { type DataReader, readers } from "../../src/datasets/registry.js";

/** A folder of its own for one test file, gone afterwards. */
export function scratch() {
  const folder = mkdtempSync(join(tmpdir(), "nibble-data-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string, content: string | Uint8Array): string => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  };
  const readerOf = (name: string) => readers.find((reader) => reader.name === name) as DataReader;
  const ref = (reader: string, path: string | undefined, settings: Readonly<Record<string, unknown>>) => ({
    name: "data",
    reader,
    settings,
    ...(path === undefined ? {} : { path }),
  });
  return {
    folder,
    write,
    open: (reader: string, path: string | undefined, settings = {}): Promise<Dataset> =>
      readerOf(reader).open(ref(reader, path, settings)),
    summarize: (reader: string, path: string | undefined, settings = {}): Promise<DataSummary> =>
      readerOf(reader).summarize(ref(reader, path, settings)),
    /** The rendered diagnostics of work that must fail, without the path of this machine. */
    async refusal(work: Promise<unknown>): Promise<string> {
      const error: unknown = await work.then(
        () => new Error("nothing was refused"),
        (reason: unknown) => reason,
      );
      if (!(error instanceof DiagnosticError)) throw error;
      const text = error.diagnostics.map((each) => renderDiagnostic(each, new Map())).join("\n");
      return text.replaceAll(folder, "<folder>");
    },
  };
}

/** Values of samples, one plain array a sample. */
export function samplesOf(
  dataset: Dataset,
  indices: readonly number[] = Array.from({ length: dataset.size }, (_, i) => i),
) {
  return indices.map((index) => dataset.read([index]).map((input) => [...input.data]));
}

/** Half and half, so that small files have both splits. */
export const half = { train: 0.5, test: 0.5, seed: 1 };
