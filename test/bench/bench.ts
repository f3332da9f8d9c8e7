/**
 * The figures that Nibble promises: `npm run bench [-- WORD ...]`, where a word picks the parts whose name holds it.
 * Ratios alone; absolute times are another machine's business. Exits with 1 when a promise is missed or a part breaks off.
 */
import { cpus, loadavg } from "node:os";
import { calibrationMemory } from "./calibration-memory.js";
import { coverageFigures as coverage } from "./coverage.js";
import { demo } from "./demo.js";
import { dense } from "./dense.js";
import { type Figure, figureTable } from "./figure.js";
import { language } from "./language.js";
import { honestyBusy, honestyIdle, honestyVerdicts } from "./latency-honesty.js";
import { models } from "./models.js";
import { floatFigures } from "./models-float.js";
import { loweringFigures } from "./models-lowering.js";
import { progress } from "./records.js";
import { report } from "./report.js";
import { sharing } from "./sharing.js";
import { simulator } from "./simulator.js";
import { strokes } from "./strokes.js";

/** All of it together should stay under 25 minutes on two quiet cores. */
const parts: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  language,
  strokes,
  dense,
  models,
  "models-lowering": loweringFigures,
  "models-float": floatFigures,
  sharing,
  "honesty-idle": honestyIdle,
  "honesty-busy": honestyBusy,
  "honesty-verdicts": honestyVerdicts,
  coverage,
  report,
  demo,
  simulator,
  "calibration-memory": calibrationMemory,
};

const load = () => (loadavg()[0] ?? 0).toFixed(1);

const words = process.argv.slice(2);
const chosen = Object.entries(parts).filter(
  ([name]) => words.length === 0 || words.some((word) => name.includes(word)),
);
if (chosen.length === 0) {
  progress(`no part is called so; there are ${Object.keys(parts).join(", ")}`);
  process.exit(2);
}
const loadBefore = load();
const figures: Figure[] = [];
const failures: string[] = [];
for (const [name, part] of chosen) {
  progress(name);
  const start = performance.now();
  try {
    figures.push(...(await part()));
  } catch (error) {
    failures.push(`${name} broke off: ${(error as Error).message}`);
  }
  progress(`  ${((performance.now() - start) / 1000).toFixed(0)} s`);
}
process.stdout.write(`${figureTable(figures)}\n`);
for (const failure of failures) process.stdout.write(`${failure}\n`);
process.stdout.write(`${cpus().length} cores, load ${loadBefore} before and ${load()} after the run\n`);
process.exitCode = failures.length === 0 && figures.every(({ met }) => met) ? 0 : 1;
