import type { OptionSpec } from "../../base/option.js";
import { classes, shape, task, valueOptions } from "../options.js";
import type { DataReader } from "../reader.js";

const options: readonly OptionSpec[] = [
  {
    name: "label",
    type: { kind: "string" },
    summary: "of an npz: the name of the array of labels; of an npy: a second .npy file in the same folder or below",
    sweeps: false,
  },
  {
    name: "inputs",
    type: { kind: "names" },
    summary: "of an npz: the arrays that are the model's inputs, in its order; default the only array beside the label",
    sweeps: false,
  },
  task,
  classes,
  shape,
  ...valueOptions,
];

export const npy: DataReader = {
  name: "npy",
  summary: "NumPy arrays, .npy or .npz; the first axis counts samples",
  source: "file",
  options,

  summarize: async () => {
    throw new Error("datasets: npy is being written");
  },
  open: async () => {
    throw new Error("datasets: npy is being written");
  },
};
