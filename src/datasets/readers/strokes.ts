import type { OptionSpec } from "../../base/option.js";
import { shape, valueOptions } from "../options.js";
import type { DataReader } from "../reader.js";

const options: readonly OptionSpec[] = [
  {
    name: "count",
    type: { kind: "integer", min: 2, max: 10_000_000 },
    summary: "number of samples; default 20000",
    sweeps: false,
  },
  {
    name: "seed",
    type: { kind: "integer" },
    summary: "sample i depends on seed and i alone; default 1",
    sweeps: false,
  },
  { ...shape, summary: "shape of one sample, 1024 values; default [32, 32, 1]" },
  ...valueOptions,
];

export const strokes: DataReader = {
  name: "strokes",
  summary: "handwriting-like letters a..z of 32x32 pixels, made from a seed; values 0..1, ink is 1",
  source: "none",
  options,

  summarize: async () => {
    throw new Error("datasets: strokes is being written");
  },
  open: async () => {
    throw new Error("datasets: strokes is being written");
  },
};
