import type { OptionSpec } from "../../base/option.js";
import { classes, shape, task, valueOptions } from "../options.js";
import type { DataReader } from "../reader.js";

const options: readonly OptionSpec[] = [
  {
    name: "label",
    type: { kind: "string" },
    summary: 'file of the labels, in the folder of the samples or below, e.g. "train-labels-idx1-ubyte.gz"',
    sweeps: false,
  },
  task,
  classes,
  shape,
  ...valueOptions,
];

export const idx: DataReader = {
  name: "idx",
  summary: "IDX, the format of MNIST; also gzipped",
  source: "file",
  options,

  summarize: async () => {
    throw new Error("datasets: idx is being written");
  },
  open: async () => {
    throw new Error("datasets: idx is being written");
  },
};
