import { listed, nameHint, type WordingOf } from "./wording.js";

/** Where in the data a mistake is. `line` and `sample` count from 1 and from 0: as editors and arrays count. */
export interface DataPlace {
  readonly file: string;
  readonly line?: number;
  readonly column?: string;
  readonly sample?: number;
}

export interface DataFacts {
  "data-source-missing": { readonly path: string; readonly expected: "file" | "folder" };
  "data-source-unreadable": { readonly path: string; readonly reason: string };
  "data-source-kind": { readonly path: string; readonly expected: "file" | "folder" };
  "data-path-needed": { readonly reader: string };
  "data-path-outside": { readonly path: string; readonly folder: string };
  "data-empty": { readonly path: string; readonly what: string };
  "data-truncated": {
    readonly path: string;
    readonly expectedBytes: number;
    readonly actualBytes: number;
    readonly what: string;
  };
  "data-trailing-bytes": { readonly path: string; readonly expectedBytes: number; readonly actualBytes: number };
  "data-too-large": { readonly what: string; readonly size: number; readonly most: number; readonly unit: string };
  "data-corrupt": { readonly path: string; readonly format: string; readonly reason: string };
  "data-option-unknown": {
    readonly reader: string;
    readonly option: string;
    readonly nearest?: string;
    readonly known: readonly string[];
  };
  "data-option-invalid": { readonly option: string; readonly expected: string; readonly given: string };
  "data-option-needed": { readonly reader: string; readonly option: string; readonly why: string };
  "data-unknown-column": {
    readonly path: string;
    readonly option: string;
    readonly name: string;
    readonly nearest?: string;
    readonly columns: readonly string[];
  };
  "data-column-twice": { readonly path: string; readonly name: string };
  "data-no-features": { readonly path: string };
  "data-header-missing": { readonly path: string; readonly cells: readonly string[] };
  "data-row-length": { readonly place: DataPlace; readonly expected: number; readonly actual: number };
  "data-row-syntax": { readonly place: DataPlace; readonly format: string; readonly reason: string };
  "data-value-missing": { readonly place: DataPlace };
  "data-not-a-number": { readonly place: DataPlace; readonly text: string; readonly decimalComma: boolean };
  "data-not-finite": { readonly place: DataPlace; readonly text: string };
  "data-label-missing": { readonly place: DataPlace };
  "data-label-kind": { readonly place: DataPlace; readonly text: string };
  "data-label-real": { readonly place: DataPlace; readonly text: string };
  "data-label-unknown": {
    readonly place: DataPlace;
    readonly text: string;
    readonly nearest?: string;
    readonly classes: readonly string[];
  };
  "data-label-one-hot": { readonly place: DataPlace };
  "data-labels-count": {
    readonly path: string;
    readonly labelPath: string;
    readonly samples: number;
    readonly labels: number;
  };
  "data-class-twice": { readonly name: string };
  "data-too-many-classes": { readonly classes: number; readonly most: number };
  "data-shape-mismatch": {
    readonly path: string;
    readonly shape: readonly number[];
    readonly wanted: number;
    readonly values: number;
    readonly what: string;
  };
  "data-sample-shape": {
    readonly place: DataPlace;
    readonly expected: readonly number[];
    readonly actual: readonly number[];
  };
  /** A split whose text is shorter than one sequence. */
  "data-text-short": { readonly split: "train" | "test"; readonly tokens: number; readonly length: number };
  "data-split-empty": {
    readonly split: "train" | "test";
    readonly samples: number;
    readonly fraction: number;
  };
  "data-array-unknown": {
    readonly path: string;
    readonly option: string;
    readonly name: string;
    readonly nearest?: string;
    readonly arrays: readonly string[];
  };
  "data-array-choice": { readonly path: string; readonly arrays: readonly string[] };
  "data-dtype": { readonly path: string; readonly dtype: string; readonly known: readonly string[] };
  "data-no-classes": { readonly path: string };
}

function sized(bytes: number): string {
  if (bytes < 10_000) return `${bytes} bytes`;
  if (bytes < 1e7) return `${(bytes / 1e3).toFixed(0)} kB`;
  return bytes < 1e10 ? `${(bytes / 1e6).toFixed(0)} MB` : `${(bytes / 1e9).toPrecision(3)} GB`;
}

const shaped = (shape: readonly number[]) => `[${shape.join(", ")}]`;

/** The last part of a path: messages about rows name the file, the span of the program says which data it is. */
const base = (path: string) => path.split(/[\\/]/).at(-1) || path;

function at({ file, line, column, sample }: DataPlace): string {
  const parts = [
    base(file),
    line === undefined ? "" : `line ${line}`,
    sample === undefined ? "" : `sample ${sample}`,
    column === undefined ? "" : `column "${column}"`,
  ];
  return parts.filter((part) => part !== "").join(", ");
}

export const dataWording: WordingOf<DataFacts> = {
  "data-source-missing": ({ path, expected }) => ({
    message: `the ${expected} "${path}" does not exist`,
    hint: "paths are relative to the file that names them",
  }),
  "data-source-unreadable": ({ path, reason }) => ({ message: `"${path}" cannot be read: ${reason}` }),
  "data-source-kind": ({ path, expected }) => ({
    message: `"${path}" is not a ${expected}`,
    hint:
      expected === "file"
        ? "this reader takes one file; images(...) takes a folder"
        : "this reader takes a folder with one folder for each class",
  }),
  "data-path-needed": ({ reader }) => ({ message: `${reader} needs the path of its data: ${reader}("...")` }),
  "data-path-outside": ({ path, folder }) => ({
    message: `"${path}" lies outside "${folder}"`,
    hint: "a second file of a data set lies in the folder of the first or below it",
  }),
  "data-empty": ({ path, what }) => ({ message: `"${path}" holds no ${what}` }),
  "data-truncated": ({ path, expectedBytes, actualBytes, what }) => ({
    message: `"${base(path)}" is cut short: ${what} needs ${sized(expectedBytes)}, the file has ${sized(actualBytes)}`,
    hint: "fetch the file again",
  }),
  "data-trailing-bytes": ({ path, expectedBytes, actualBytes }) => ({
    message: `"${base(path)}" is longer than its header says: ${actualBytes} bytes instead of ${expectedBytes}`,
    hint: "the header and the data do not belong together; fetch the file again",
  }),
  "data-too-large": ({ what, size, most, unit }) => ({
    message: `${what} is too large: ${size} ${unit}, the most is ${most}`,
  }),
  "data-corrupt": ({ path, format, reason }) => ({
    message: `"${base(path)}" is not readable as ${format}: ${reason}`,
  }),
  "data-option-unknown": ({ reader, option, nearest, known }) => ({
    message: `${reader} has no option "${option}"`,
    ...nameHint(nearest, known, "options"),
  }),
  "data-option-invalid": ({ option, expected, given }) => ({
    message: `\`${option}\` takes ${expected}, not ${given}`,
  }),
  "data-option-needed": ({ reader, option, why }) => ({
    message: `${reader} needs \`${option}\``,
    hint: why,
  }),
  "data-unknown-column": ({ path, option, name, nearest, columns }) => ({
    message: `"${base(path)}" has no column "${name}" (\`${option}\`)`,
    ...nameHint(nearest, columns, "columns"),
  }),
  "data-column-twice": ({ path, name }) => ({
    message: `"${base(path)}" has two columns called "${name}"`,
    hint: "give each column a name of its own",
  }),
  "data-no-features": ({ path }) => ({
    message: `"${base(path)}" has no feature columns left`,
    hint: "`columns` lists the features; the label and `ignore` are not among them",
  }),
  "data-header-missing": ({ path, cells }) => ({
    message: `the first line of "${base(path)}" looks like data, not like column names: ${listed(cells, 4)}`,
    hint: "`header: false` names the columns column_1, column_2, ...; `header: true` takes the line as names all the same",
  }),
  "data-row-length": ({ place, expected, actual }) => ({
    message: `${at(place)} has ${actual} ${actual === 1 ? "cell" : "cells"}; the first line has ${expected}`,
    hint:
      actual < expected
        ? "the file may be cut short there: copy or download it again"
        : "a text that holds the separator stands in double quotes",
  }),
  "data-row-syntax": ({ place, format, reason }) => ({
    message: `${at(place)} is not readable as ${format}: ${reason}`,
  }),
  "data-value-missing": ({ place }) => ({
    message: `${at(place)} has no value`,
    hint: "fill the gap or take the row out; Nibble guesses no values",
  }),
  "data-not-a-number": ({ place, text, decimalComma }) => ({
    message: `${at(place)} holds "${text}", which is not a number`,
    hint: decimalComma
      ? "decimals are written with a point: 1.5"
      : "`categories: [word, ...]` reads words as numbers; `ignore` leaves a column out; `label` names the expected answer's",
  }),
  "data-not-finite": ({ place, text }) => ({
    message: `${at(place)} holds ${text}; values must be finite`,
    hint: "replace the value or take the row out",
  }),
  "data-label-missing": ({ place }) => ({
    message: `${at(place)} has no label`,
    hint: "write the label or take the row out",
  }),
  "data-label-kind": ({ place, text }) => ({
    message: `${at(place)} has the label ${text}, which is neither a text nor a number`,
  }),
  "data-label-real": ({ place, text }) => ({
    message: `${at(place)} has the label ${text}, which is no class`,
    hint: "`task: regression` takes labels as real values",
  }),
  "data-label-unknown": ({ place, text, nearest, classes }) => ({
    message: `${at(place)} has the label "${text}", which is none of the ${classes.length} ${classes.length === 1 ? "class" : "classes"}`,
    ...nameHint(nearest, classes, "classes"),
  }),
  "data-label-one-hot": ({ place }) => ({
    message: `${at(place)}: the label is neither a class nor a one-hot row (one 1, else 0)`,
    hint: "`task: regression` takes rows of real values",
  }),
  "data-labels-count": ({ path, labelPath, samples, labels }) => ({
    message: `"${base(path)}" has ${samples} samples but "${base(labelPath)}" has ${labels} labels`,
    hint: "the two do not belong together",
  }),
  "data-too-many-classes": ({ classes, most }) => ({
    message: `the labels make ${classes} classes, the most is ${most}`,
    hint: "`task: regression` takes labels as real values",
  }),
  "data-class-twice": ({ name }) => ({ message: `\`classes\` lists "${name}" twice` }),
  "data-shape-mismatch": ({ path, shape, wanted, values, what }) => ({
    message: `shape ${shaped(shape)} holds ${wanted} values, but a ${what} of "${base(path)}" has ${values}`,
    hint: "the sizes of `shape` multiply to the number of values of one sample",
  }),
  "data-sample-shape": ({ place, expected, actual }) => ({
    message: `${at(place)} has shape ${shaped(actual)}; the first sample has ${shaped(expected)}`,
  }),
  "data-text-short": ({ split, tokens, length }) => ({
    message: `the ${split} split has ${tokens} tokens, fewer than one sequence of ${length} and the token after it`,
    hint: "give more text, another share to `split`, or a smaller `length`; a whole document goes to one split",
  }),
  "data-split-empty": ({ split, samples, fraction }) => ({
    message: `the ${split} split is empty: ${Number((fraction * 100).toFixed(4))}% of ${samples} sample${samples === 1 ? "" : "s"}`,
    hint:
      split === "train"
        ? "calibration draws from the training split; give it a share, or more samples"
        : "accuracy is measured on the test split; give it a share, or more samples",
  }),
  "data-array-unknown": ({ path, option, name, nearest, arrays }) => ({
    message: `"${base(path)}" has no array "${name}" (\`${option}\`)`,
    ...nameHint(nearest, arrays, "arrays"),
  }),
  "data-array-choice": ({ path, arrays }) => ({
    message: `"${base(path)}" has several arrays that could be the samples: ${listed(arrays)}`,
    hint: "`inputs: [name]` says which, `label: name` names the labels",
  }),
  "data-dtype": ({ path, dtype, known }) => ({
    message: `"${base(path)}" has elements of type ${dtype}, which is not read`,
    hint: `types that are: ${known.join(", ")}`,
  }),
  "data-no-classes": ({ path }) => ({
    message: `"${path}" has no folders with images`,
    hint: "one folder for each class, images (png, jpeg, webp) inside",
  }),
};
