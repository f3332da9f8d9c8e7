/**
 * The figures that Nibble promises, measured in one run: `npm run bench`. Ratios alone; absolute times are another
 * machine's business. Exits with 1 when one is missed.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ownPackage } from "../../src/base/package.js";
import type * as Library from "../../src/index.js";
import { median } from "../../src/measure/statistics.js";
import type { Scheme } from "../../src/quantize/scheme.js";
import type { CompletedRecord } from "../../src/results/record.js";
import { runText } from "../../src/session/program.js";
import { timeDense } from "./dense.js";
import { type Figure, figureTable, percentText, ratioText } from "./figure.js";
import { peakOfCommand } from "./memory.js";
import { manyTrials, strokesSweep, thousandLines } from "./programs.js";

const results = () => mkdtempSync(join(tmpdir(), "nibble-bench-"));
const source = (text: string) => ({ path: join(ownPackage().folder, "notebooks", "bench.nib"), text });
const progress = (text: string) => void process.stderr.write(`${text}\n`);

async function records(text: string): Promise<readonly CompletedRecord[]> {
  const outcome = await runText(source(text), { resultsFolder: results(), fresh: true });
  const all = outcome.results.flatMap((result) => result.records);
  const failed = all.filter(({ status }) => status !== "completed");
  if (!outcome.ran || failed.length > 0) {
    throw new Error(`bench: ${JSON.stringify(outcome.ran ? failed : outcome.diagnostics, null, 2)}`);
  }
  return all as CompletedRecord[];
}

async function strokes(): Promise<readonly Figure[]> {
  progress("strokes-cnn: static int8, weight_only int8 and int4");
  const trials = await records(strokesSweep);
  const trial = (name: string) => {
    const found = trials.find(({ scheme }) => scheme.name === name);
    if (!found?.latency?.[0] || !found.accuracy || !found.size) throw new Error(`bench: ${name} was not measured`);
    return { speedup: found.latency[0].speedup, drop: found.accuracy.drop, size: found.size };
  };
  const [int8, weights8, weights4] = [trial("static"), trial("w8"), trial("w4")];
  const smaller = (name: string, { ratio }: { ratio: number }, bound: number): Figure => ({
    name: `strokes-cnn, ${name}: size`,
    promise: `>= ${bound * 100}% smaller`,
    measured: percentText(1 - ratio),
    met: 1 - ratio >= bound,
  });
  return [
    {
      name: "strokes-cnn, static int8, batch 1, one thread: speed",
      promise: ">= 2x best fp32",
      measured: ratioText(int8.speedup),
      met: int8.speedup.value >= 2,
    },
    {
      name: "strokes-cnn, static int8: accuracy lost",
      promise: "< 1% at the interval's bad end",
      measured: `${percentText(int8.drop.value)} [${int8.drop.ci95.map(percentText).join(", ")}]`,
      met: int8.drop.ci95[1] < 0.01,
    },
    smaller("static int8", int8.size, 0.7),
    smaller("weight_only int8", weights8.size, 0.7),
    smaller("weight_only int4", weights4.size, 0.84),
  ];
}

async function dense(): Promise<readonly Figure[]> {
  progress("dense layers");
  const dynamic: Scheme = {
    name: "dynamic",
    mode: "dynamic",
    weights: { dtype: "int8", granularity: "per_channel" },
    activations: { dtype: "uint8" },
    keep: {},
  };
  const int4: Scheme = {
    name: "w4",
    mode: "weight_only",
    weights: { dtype: "int4", granularity: "group", group: 32 },
    method: "rtn",
    keep: {},
  };
  const cases = [
    { name: "dense 64-1024-1024-1024-10, dynamic int8", widths: [64, 1024, 1024, 1024, 10], scheme: dynamic, bound: 2 },
    { name: "dense 1x2048x2048, dynamic int8", widths: [2048, 2048], scheme: dynamic, bound: 2 },
    { name: "dense 1x4096x4096, weight_only int4 by 32", widths: [4096, 4096], scheme: int4, bound: 4 },
  ];
  const figures: Figure[] = [];
  for (const { name, widths, scheme, bound } of cases) {
    const { speedup } = await timeDense(widths, scheme);
    const measured = ratioText(speedup);
    figures.push({ name: `${name}: speed`, promise: `>= ${bound}x best fp32`, measured, met: speedup.value >= bound });
  }
  return figures;
}

async function sharing(): Promise<Figure> {
  progress("twelve static settings against one");
  const time = async (settings: number) => {
    const start = performance.now();
    await records(manyTrials(settings));
    return performance.now() - start;
  };
  await time(1);
  const [one, twelve] = [await time(1), await time(12)];
  const ratio = twelve / one;
  return {
    name: "12 static settings: calibrate, quantize, evaluate",
    promise: "<= 4x one setting",
    measured: `${ratio.toFixed(2)}x`,
    met: ratio <= 4,
  };
}

/** The shipped build, not the sources: what a notebook or an editor asks again and again, in a process that is warm. */
async function language(): Promise<Figure> {
  progress("a program of 1,000 lines");
  const built = (await import(pathToFileURL(join(ownPackage().folder, "dist/index.js")).href)) as typeof Library;
  const program = source(thousandLines());
  const time = async () => {
    const start = performance.now();
    const { plans, diagnostics } = await built.explainText(program);
    if (!plans) throw new Error(`bench: ${JSON.stringify(diagnostics)}`);
    return performance.now() - start;
  };
  const [first, ...others] = [await time(), await time(), await time(), await time(), await time(), await time()];
  const elapsedMs = median(others);
  return {
    name: "parse, check and plan 1,000 lines, warm process",
    promise: "< 100 ms",
    measured: `${elapsedMs.toFixed(0)} ms (first call ${first?.toFixed(0)} ms)`,
    met: elapsedMs < 100,
  };
}

async function demo(): Promise<Figure> {
  progress("peak memory of the demo");
  const { folder } = ownPackage();
  const args = ["run", join(folder, "notebooks/first-sweep.nib"), "--fresh", "--out", results()];
  const { peakBytes, exitCode } = await peakOfCommand(process.execPath, [join(folder, "src/cli/nibble.mjs"), ...args]);
  if (exitCode !== 0) throw new Error(`bench: the demo ended with exit code ${exitCode}`);
  return {
    name: "the demo, all its processes together: peak memory",
    promise: "< 1.2 GB",
    measured: `${(peakBytes / 1e9).toFixed(2)} GB`,
    met: peakBytes < 1.2e9,
  };
}

const figures = [await language(), ...(await strokes()), ...(await dense()), await sharing(), await demo()];
process.stdout.write(`${figureTable(figures)}\n`);
process.exitCode = figures.every(({ met }) => met) ? 0 : 1;
