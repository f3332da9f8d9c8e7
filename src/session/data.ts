import type { DataReference, Dataset } from "../datasets/dataset.js";
import { openDataset } from "../run/inputs.js";
import type { ExperimentSpec } from "./experiment.js";
import { dataText } from "./experiment.js";
import { checkText, type ProgramOptions } from "./program.js";
import { ProgramError } from "./program-error.js";

/** A data set as a program reads it, split the same way: what is trained on `train` has never seen `test`. */
export interface Data {
  readonly name: string;
  /** Names of the classes, in the order of the labels; absent where labels are numbers or there are none. */
  readonly classes?: readonly string[];
  readonly train: Samples;
  readonly test: Samples;
}

/** A `data` statement of a notebook as a variable: nothing is read before it is asked for. */
export interface DataSource {
  readonly name: string;
  /** @throws {DiagnosticError} what only reading all of it finds */
  read(): Promise<Data>;
}

/** One side of a split. Values are read when they are asked for. */
export interface Samples {
  readonly size: number;
  /** The first input of the model: `tf.tensor(x.data, x.shape)`. */
  readonly x: Values;
  /** Every input of the model. */
  readonly inputs: readonly Values[];
  /** Index into `classes`, or numbers, `[size, width]` row by row; absent where the data has no labels. */
  readonly y?: Int32Array | Float32Array;
}

/** Row-major values. */
export interface Values {
  readonly data: Float32Array;
  /** `[size, ...shape of one sample]` */
  readonly shape: number[];
}

/**
 * Reads a data set as a program would, so that a model can be trained on exactly the split that an experiment calibrates on:
 * `await openData({ reader: "csv", path: "digits.csv", options: { label: "digit", split: "train 80% test 20% seed 7" } })`.
 * @throws {ProgramError} when the reader, an option or the file is wrong
 * @throws {DiagnosticError} what only reading all of it finds
 */
export async function openData(spec: ExperimentSpec["data"], options: ProgramOptions = {}): Promise<Data> {
  const values = new Map([...(options.values ?? []), ["data", spec.path]]);
  const source = { path: "<program>", text: `${dataText("the_data", spec)}\n` };
  const { program, diagnostics, sources } = await checkText(source, { ...options, values });
  const [reference] = program?.data ?? [];
  if (!reference) throw new ProgramError(diagnostics, sources);
  return readData(reference);
}

/** The data set behind a checked `data` statement. */
export function dataSource(reference: DataReference): DataSource {
  return { name: reference.name, read: () => readData(reference) };
}

async function readData(reference: DataReference): Promise<Data> {
  const dataset = await openDataset(reference);
  const { labels, splits } = dataset;
  return {
    name: reference.name,
    ...(labels?.kind === "class" ? { classes: labels.classes } : {}),
    train: samplesOf(dataset, splits.train),
    test: samplesOf(dataset, splits.test),
  };
}

function samplesOf(dataset: Dataset, indices: Int32Array): Samples {
  const read = (): readonly Values[] => dataset.read(indices).map(({ data, shape }) => ({ data, shape: [...shape] }));
  return {
    size: indices.length,
    get x() {
      const [first] = read();
      if (!first) throw new Error(`session: the data set ${dataset.name} has no inputs`);
      return first;
    },
    get inputs() {
      return read();
    },
    ...(dataset.labels ? { y: labelsOf(dataset.labels, indices) } : {}),
  };
}

function labelsOf(labels: NonNullable<Dataset["labels"]>, indices: Int32Array): Int32Array | Float32Array {
  if (labels.kind === "class") return Int32Array.from(indices, (index) => labels.values[index] ?? 0);
  const { values, width } = labels;
  const length = indices.length * width;
  const at = (i: number) => values[(indices[Math.floor(i / width)] ?? 0) * width + (i % width)] ?? 0;
  return labels.kind === "tokens"
    ? Int32Array.from({ length }, (_, i) => at(i))
    : Float32Array.from({ length }, (_, i) => at(i));
}
