import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** The text of plotly.js (basic bundle, MIT), to be put into reports; read from the installed package. */
export function readPlotlySource(): string {
  return readFileSync(createRequire(import.meta.url).resolve("plotly.js-basic-dist-min"), "utf8");
}
