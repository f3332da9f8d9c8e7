import type { OptionSpec } from "../base/option.js";
import type { DataReference, DataSummary, Dataset } from "./dataset.js";

/** One way to read data. All readers are listed in `registry.ts`; the language resolves names against that list. */
export interface DataReader {
  readonly name: string;
  readonly summary: string;
  /** What the first argument names: a file, a folder, or nothing because the samples are made. */
  readonly source: "file" | "folder" | "none";
  readonly options: readonly OptionSpec[];
  /** Options that decide how the names of columns are read; while one of them is wrong, no name is known to be. */
  readonly headerOptions?: readonly string[];
  /**
   * What can be known without reading all: columns, and sizes and shapes where the header or the settings give them.
   * @throws {DiagnosticError} when the source is missing, is not of this format, or contradicts the settings.
   */
  summarize(ref: DataReference): Promise<DataSummary>;
  /**
   * Reads and checks every sample.
   * @throws {DiagnosticError} with file, row and column of the first mistake.
   */
  open(ref: DataReference): Promise<Dataset>;
}
