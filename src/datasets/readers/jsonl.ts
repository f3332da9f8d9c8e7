import type { OptionSpec } from "../../base/option.js";
import { classes, columns, ignore, labelColumn, shape, task, valueOptions } from "../options.js";
import type { DataReader } from "../reader.js";

const options: readonly OptionSpec[] = [labelColumn, task, classes, columns, ignore, shape, ...valueOptions];

export const jsonl: DataReader = {
  name: "jsonl",
  summary: "one JSON object a line; fields hold numbers or nested arrays of numbers; also gzipped",
  source: "file",
  options,

  summarize: async () => {
    throw new Error("datasets: jsonl is being written");
  },
  open: async () => {
    throw new Error("datasets: jsonl is being written");
  },
};
