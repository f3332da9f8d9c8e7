import type { OptionSpec } from "../base/option.js";

/** Options that several readers share. A value of the data becomes `value = raw * scale + offset`, then normalize. */
export const labelColumn: OptionSpec = {
  name: "label",
  type: { kind: "column" },
  summary: "column that holds the expected answer; every other column is a feature unless `columns` says otherwise",
  sweeps: false,
};

export const classes: OptionSpec = {
  name: "classes",
  type: { kind: "names" },
  summary:
    "class names in the order of the model's outputs; without it, whole labels from 0 are indices and others are sorted",
  sweeps: false,
};

export const task: OptionSpec = {
  name: "task",
  type: {
    kind: "choice",
    choices: [
      { name: "classification", summary: "labels are classes; accuracy is the top-1 rate (default)" },
      { name: "regression", summary: "labels are real values; accuracy is the mean absolute error" },
    ],
  },
  summary: "what the labels are: classes or real values",
  sweeps: false,
};

export const columns: OptionSpec = {
  name: "columns",
  type: { kind: "columns" },
  summary: "feature columns, in the order in which the model takes them; default all but the label",
  sweeps: false,
};

export const ignore: OptionSpec = {
  name: "ignore",
  type: { kind: "columns" },
  summary: "columns that are neither feature nor label, such as identifiers",
  sweeps: false,
};

export const categories: OptionSpec = {
  name: "categories",
  type: { kind: "names" },
  summary: "words that stand in feature cells, e.g. [F, M, I]: each is read as its place in the list, counted from 0",
  sweeps: false,
};

export const shape: OptionSpec = {
  name: "shape",
  type: { kind: "shape" },
  summary: "shape of one sample without batch, e.g. [8, 8, 1]; values fill it row by row",
  sweeps: false,
};

export const scale: OptionSpec = {
  name: "scale",
  type: { kind: "number" },
  summary: "each value is multiplied by this, e.g. 1/255; default 1",
  sweeps: false,
};

export const offset: OptionSpec = {
  name: "offset",
  type: { kind: "number" },
  summary: "added to each value after scale; default 0",
  sweeps: false,
};

export const normalize: OptionSpec = {
  name: "normalize",
  type: {
    kind: "choice",
    choices: [
      { name: "none", summary: "values as they are after scale and offset (default)" },
      {
        name: "standard",
        summary:
          "minus mean, divided by standard deviation, both of the training split: per feature, or per channel (last axis)",
      },
    ],
  },
  summary: "how values are normalized after scale and offset",
  sweeps: false,
};

export const split: OptionSpec = {
  name: "split",
  type: { kind: "split" },
  summary: "shares of training and test samples, and the seed that decides them; default train 80% test 20% seed 1",
  sweeps: false,
};

export const limit: OptionSpec = {
  name: "limit",
  type: { kind: "integer", min: 2 },
  summary: "at most this many samples, drawn from both splits in proportion; no sample changes its split",
  sweeps: false,
};

/** Of every reader whose samples are numbers from outside. */
export const valueOptions: readonly OptionSpec[] = [scale, offset, normalize, split, limit];
