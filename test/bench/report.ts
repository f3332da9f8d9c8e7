import { median } from "../../src/measure/statistics.js";
import { renderHtml } from "../../src/report/html.js";
import { renderMarkdown } from "../../src/report/markdown.js";
import { readPlotlySource } from "../../src/report/plotly.js";
import type { Report } from "../../src/report/report.js";
import { renderTable } from "../../src/report/table.js";
import type { TrialRecord } from "../../src/results/record.js";
import { filled, fullReport } from "../report/fixtures/full.js";
import type { Figure } from "./figure.js";

const TRIALS = 500;
const LAYERS = Array.from({ length: 12 }, (_, i) => `block_${i}_conv2d`);

/** The sweep of the tests over and over, every field filled, with settings that tell its trials apart. */
function manyTrials(): Report {
  const [baseline, ...others] = fullReport.records.filter(({ status }) => status === "completed");
  if (!baseline) throw new Error("bench: the fixture has no fp32");
  const trials = Array.from({ length: TRIALS }, (_, i): TrialRecord => {
    const record = others[i % others.length] ?? baseline;
    const named = { ...record, trial: `sha256:${i}`, scheme: { ...record.scheme, samples: 16 + i } };
    return filled(named, i, LAYERS);
  });
  return { ...fullReport, records: [baseline, ...trials] };
}

/** Page, terminal table and Markdown of 500 trials whose records hold everything, and what the page weighs beside plotly. */
export async function report(): Promise<readonly Figure[]> {
  const many = manyTrials();
  const plotly = readPlotlySource();
  let bytes = 0;
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    bytes = Buffer.byteLength(renderHtml(many, { plotly })) - Buffer.byteLength(plotly);
    renderTable(many);
    renderMarkdown(many);
    return performance.now() - start;
  });
  const seconds = median(times) / 1000;
  return [
    {
      name: `report of ${TRIALS} trials with all that a record can hold: page, table and Markdown`,
      promise: "< 2 s",
      measured: `${seconds.toFixed(2)} s (first ${((times[0] ?? 0) / 1000).toFixed(2)} s)`,
      met: seconds < 2,
    },
    {
      name: `page of ${TRIALS} trials beside plotly itself`,
      promise: "< 4 MB",
      measured: `${(bytes / 1e6).toFixed(2)} MB`,
      met: bytes < 4e6,
    },
  ];
}
