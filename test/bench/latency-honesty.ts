/**
 * What the latency protocol says of a model against itself, where every ratio should be 1 and every verdict "no
 * measurable difference".
 */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { toOnnx } from "../../src/backends/onnx/write.js";
import { ownPackage } from "../../src/base/package.js";
import { seededRandom } from "../../src/base/random.js";
import type { Feeds } from "../../src/engines/engine.js";
import type { LatencyResult } from "../../src/measure/speedup.js";
import { quantile } from "../../src/measure/statistics.js";
import { prepare } from "../../src/quantize/passes/float/prepare.js";
import { openModel } from "../../src/run/inputs.js";
import { type Effort, fullEffort, quickEffort, startTuner, timeTrial } from "../../src/run/latency-trial.js";
import { type StartWorker, startWorker } from "../../src/run/process.js";
import { tensor } from "../../src/tensor/tensor.js";
import { type Figure, percentText } from "./figure.js";
import { newFolder, progress } from "./records.js";

/** Runs at full effort, quiet and beside a busy neighbour; two ratios each: the speedup and the control. */
const FULL_RUNS = 20;
/** Runs at quick effort, the one that is easiest to fool. */
const QUICK_RUNS = 200;
/** A crowded machine must not make the benchmark endless: no run begins later than this, seconds; the figure says how many there were. */
const MOST_SECONDS = { full: 240, quick: 600 };

/** The built worker: it starts in a third of the time that its sources take. */
const startBuilt: StartWorker = () =>
  startWorker({ entry: { file: join(ownPackage().folder, "dist/run/worker.js"), execArgv: [] } });

/** How far from 1 the ratios of a whole measurement are on a machine that does nothing else. */
export async function honestyIdle(): Promise<readonly Figure[]> {
  const subject = await floatModel();
  const idle = await repeat("idle", FULL_RUNS, MOST_SECONDS.full, (i) => againstItself(subject, fullEffort, i));
  return [spreadFigure("A/A, machine otherwise idle", idle, 0.01)];
}

/** The same beside a process that keeps one CPU busy. */
export async function honestyBusy(): Promise<readonly Figure[]> {
  const subject = await floatModel();
  const stop = await startHog();
  const busy = await repeat("beside a busy process", FULL_RUNS, MOST_SECONDS.full, (i) =>
    againstItself(subject, fullEffort, i),
  ).finally(stop);
  return [spreadFigure("A/A, beside a busy process", busy, 0.025)];
}

/** How often a difference is seen that is none. */
export async function honestyVerdicts(): Promise<readonly Figure[]> {
  const subject = await floatModel();
  return [
    falseFigure(await repeat("quick", QUICK_RUNS, MOST_SECONDS.quick, (i) => againstItself(subject, quickEffort, i))),
  ];
}

interface Subject {
  readonly path: string;
  readonly feeds: Feeds;
}

/** The strokes model in fp32, and one input of its shape. */
async function floatModel(): Promise<Subject> {
  const path = join(ownPackage().folder, "datasets/models/strokes-cnn/model.json");
  const { graph } = await openModel({ name: "strokes_cnn", format: "tfjs", path });
  const file = join(newFolder(), "fp32.onnx");
  writeFileSync(file, toOnnx(prepare(graph)));
  const [input] = graph.inputs;
  if (!input) throw new Error("the model has no input");
  const shape = input.type.shape.map((size) => (typeof size === "number" ? size : 1));
  const random = seededRandom(5);
  const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.next());
  return { path: file, feeds: { [input.name]: tensor("float32", shape, values) } };
}

/** One whole measurement, tuning included, of the model against itself. */
function againstItself({ path, feeds }: Subject, effort: Effort, seed: number): Promise<LatencyResult> {
  const paths = { baseline: path, trial: path };
  const tuner = startTuner(effort, startBuilt);
  const measure = { batch: 1, threads: 1 };
  return timeTrial(paths, feeds, measure, { effort, tuner, seed, attested: true, startWorker: startBuilt });
}

async function repeat(
  name: string,
  times: number,
  mostSeconds: number,
  measure: (i: number) => Promise<LatencyResult>,
): Promise<readonly LatencyResult[]> {
  const results: LatencyResult[] = [];
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  for (let i = 0; i < times && (i === 0 || seconds() < mostSeconds); i++) {
    results.push(await measure(i));
    if ((i + 1) % Math.ceil(times / 10) > 0 && i + 1 < times) continue;
    const busy = results.map(({ conditions }) => conditions?.busyShare ?? 0);
    progress(
      `  ${name}: ${i + 1} of ${times} in ${seconds().toFixed(0)} s; 95% of ratios within ${percentText(spread(results))} of 1; ` +
        `${claims(results).length} verdicts of a difference; others used ${percentText(quantile(busy, 0.5))} of the machine`,
    );
  }
  return results;
}

/** The share around 1 that holds 95% of the ratios: of the speedups and of the controls. */
function spread(results: readonly LatencyResult[]): number {
  const ratios = results.flatMap(({ speedup, control }) => [speedup.value, control.value]);
  return (
    Math.exp(
      quantile(
        ratios.map((ratio) => Math.abs(Math.log(ratio))),
        0.95,
      ),
    ) - 1
  );
}

function claims(results: readonly LatencyResult[]): readonly LatencyResult[] {
  return results.filter(({ verdict }) => !verdict.startsWith("no measurable difference"));
}

function spreadFigure(name: string, results: readonly LatencyResult[], bound: number): Figure {
  const found = spread(results);
  return {
    name: `${name}: 95% of ${results.length * 2} ratios`,
    promise: `within ${bound * 100}% of 1`,
    measured: percentText(found),
    met: found <= bound,
  };
}

function falseFigure(results: readonly LatencyResult[]): Figure {
  const faster = results.filter(({ verdict }) => verdict.includes("faster")).length;
  const share = faster / results.length;
  return {
    name: `A/A, quick: false "faster" among ${results.length} verdicts`,
    promise: "<= 5%",
    measured: `${percentText(share)} (and ${claims(results).length - faster} "slower")`,
    met: share <= 0.05,
  };
}

/** Busy until it is killed, or until the process that started it has gone. */
const BUSY = `
const parent = process.ppid;
process.stdout.write("x");
for (;;) {
  for (const end = Date.now() + 50; Date.now() < end; );
  if (process.ppid !== parent) process.exit();
}`;

/** A process that keeps one CPU busy, wherever the system puts it. @returns what ends it */
async function startHog(): Promise<() => void> {
  const hog = spawn(process.execPath, ["-e", BUSY], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  await new Promise((resolve) => hog.stdout.once("data", resolve));
  return () => void hog.kill("SIGKILL");
}
