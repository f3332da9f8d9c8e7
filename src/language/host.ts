import type { Diagnostic } from "../base/diagnostic.js";
import type { OptionSpec } from "../base/option.js";
import type { DataReference, DataSummary } from "../datasets/dataset.js";
import type { LayerSummary } from "../plan/experiment.js";
import type { ModelReference } from "../plan/plan.js";
import type { FrontendDefinition, MeasureDefinition, MetricDefinition, ViewDefinition } from "../plan/registry.js";
import type { CpuProfile } from "../quantize/profile.js";
import type { SchemeDefinition } from "../quantize/registry.js";

/** What the checker has to know of a model. Shapes are without batch; null is an open size. */
export interface ModelDescription {
  /** Content hash of everything that decides what the model computes. */
  readonly hash: string;
  readonly layers: readonly LayerSummary[];
  readonly inputs: readonly { readonly name: string; readonly shape: readonly (number | null)[] }[];
  /**
   * Of decoder-only language models, which can be run by phases. `context`: most tokens that they take, where there is a
   * limit; `promptLength`: tokens of a prompt, where the model takes no other number at once.
   */
  readonly decoder?: { readonly context?: number; readonly promptLength?: number };
  /** Of a model whose weights are made up: the samples that it is run on, for there is no data that would mean anything. */
  readonly synthetic?: { readonly data: DataReference };
  /** Whether it came quantized: `try given` runs it so. */
  readonly quantized?: boolean;
  /** Warnings about the model; the checker reports them at the model's path. */
  readonly remarks?: readonly Diagnostic[];
}

/** What the checker has to know of a data set. */
export interface DataDescription extends DataSummary {
  /** Content hash of the source; the settings are hashed apart. */
  readonly hash: string;
}

/** A path that may be read, or the reason why it may not, as one sentence without a full stop. */
export type ResolvedPath = { readonly path: string } | { readonly refused: string };

/** Everything the language needs from outside. It never touches files, models or data itself. */
export interface ProgramHost {
  /** @throws {Error} when the file is missing or cannot be read; the message goes into the diagnostic */
  readFile(path: string): Promise<string>;
  /**
   * The absolute path of `path` as written in the program `fromFile`, where it lies inside an allowed folder.
   * @param fromFile `SourceFile.path` of the program that is checked, or the absolute path of an imported file
   */
  resolvePath(path: string, fromFile: string): ResolvedPath;
  /** The same of a folder that is written; `resolvePath` decides where the host does not tell reading from writing. */
  resolveTarget?(path: string, fromFile: string): ResolvedPath;
  /** Names in a folder, for completion; folders end in `/`. Empty when it cannot be read. */
  listFolder?(path: string): Promise<readonly string[]>;
  /** @throws {DiagnosticError} when the model is missing or broken; the checker adds the span of its path */
  describeModel(reference: ModelReference): Promise<ModelDescription>;
  /** @throws {DiagnosticError} when the data is missing or broken */
  describeData(reference: DataReference): Promise<DataDescription>;
  /** Values behind `$name`: variables of the notebook, interpolations of a template. */
  readonly values: ReadonlyMap<string, unknown>;
  /** True where values exist that cannot be seen from here: no `$name` is then a mistake, and what needs it is not checked. */
  readonly valuesUnknown?: boolean;
  /** True for a cell of a notebook: a parameter from outside need not be declared in it, another cell may do so. */
  readonly isCell?: boolean;
  /** Parameters from outside, `-p name=value`: text or plain values. They override `param` and serve `$name`. */
  readonly parameters?: ReadonlyMap<string, unknown>;
  /**
   * Gives a value of the host that is no path (a tf.LayersModel) a path on disk from which the frontend reads it.
   * Absent where the host has no such values.
   */
  saveValue?(name: string, value: unknown, reader: string): Promise<ResolvedPath>;
  /** The CPU that the plan is for. */
  readonly cpu: CpuProfile;
}

/** A data reader as far as the checker knows it; `DataReader` of `src/datasets` is one. */
export interface ReaderVocabulary {
  readonly name: string;
  readonly summary: string;
  readonly source: "file" | "folder" | "none";
  readonly options: readonly OptionSpec[];
  readonly headerOptions?: readonly string[];
}

/** Every name that a program can use. The real one is in `vocabulary.ts`; tests bring their own. */
export interface Vocabulary {
  readonly schemes: readonly SchemeDefinition[];
  readonly readers: readonly ReaderVocabulary[];
  readonly frontends: readonly FrontendDefinition[];
  readonly measures: readonly MeasureDefinition[];
  readonly metrics: readonly MetricDefinition[];
  readonly views: readonly ViewDefinition[];
}
