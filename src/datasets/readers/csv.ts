import type { OptionSpec } from "../../base/option.js";
import { classes, columns, ignore, labelColumn, shape, task, valueOptions } from "../options.js";
import type { DataReader } from "../reader.js";

const options: readonly OptionSpec[] = [
  labelColumn,
  task,
  classes,
  columns,
  ignore,
  shape,
  ...valueOptions,
  {
    name: "delimiter",
    type: {
      kind: "choice",
      choices: [
        { name: "comma", summary: "," },
        { name: "semicolon", summary: ";" },
        { name: "tab", summary: "tabulator" },
        { name: "pipe", summary: "|" },
      ],
    },
    summary: "what stands between cells; default the one that the first line has most of",
    sweeps: false,
  },
  {
    name: "header",
    type: { kind: "boolean" },
    summary: "whether the first line names the columns; without names they are column_1, column_2, ...",
    sweeps: false,
  },
];

export const csv: DataReader = {
  name: "csv",
  summary: "a table as text: comma, semicolon, tab or pipe between cells, quotes as in RFC 4180; also gzipped",
  source: "file",
  options,

  summarize: async () => {
    throw new Error("datasets: csv is being written");
  },
  open: async () => {
    throw new Error("datasets: csv is being written");
  },
};
