import type { OptionSpec } from "../../base/option.js";
import { offset, scale, shape, split } from "../options.js";
import type { DataReader } from "../reader.js";

const more = (n: number): OptionSpec => ({
  ...shape,
  name: `shape_${n}`,
  summary: `shape of the model's input number ${n}`,
});

const options: readonly OptionSpec[] = [
  { ...shape, required: true },
  more(2),
  more(3),
  more(4),
  {
    name: "count",
    type: { kind: "integer", min: 2, max: 10_000_000 },
    summary: "number of samples; default 256",
    sweeps: false,
  },
  {
    name: "seed",
    type: { kind: "integer" },
    summary: "sample i depends on seed and i alone; default 1",
    sweeps: false,
  },
  {
    name: "distribution",
    type: {
      kind: "choice",
      choices: [
        { name: "uniform", summary: "real values in [low, high) (default)" },
        { name: "normal", summary: "mean 0, standard deviation 1; low and high do not apply" },
        { name: "integer", summary: "whole numbers low..high, both included, e.g. for an Embedding" },
      ],
    },
    summary: "how values are drawn",
    sweeps: false,
  },
  { name: "low", type: { kind: "number" }, summary: "smallest value; default 0", sweeps: false },
  { name: "high", type: { kind: "number" }, summary: "end of the values; default 1", sweeps: false },
  scale,
  offset,
  split,
];

export const random: DataReader = {
  name: "random",
  summary: "random values without labels; accuracy is then agreement with fp32",
  source: "none",
  options,

  summarize: async () => {
    throw new Error("datasets: random is being written");
  },
  open: async () => {
    throw new Error("datasets: random is being written");
  },
};
