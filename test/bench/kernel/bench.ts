/**
 * The figures of the kernel, against ipykernel, tslab and Deno in one run: `npm run bench:kernel [-- WORD ...]`, where a
 * word picks the parts whose name holds it. One client drives all of them, in turns. Exits with 1 when a promise is missed.
 */
import { cpus, loadavg } from "node:os";
import { completions } from "./completion.js";
import { interrupts } from "./interrupt.js";
import { longSession } from "./long-session.js";
import type { KernelFigure } from "./measured.js";
import { installOthers } from "./others.js";
import { outputFlood } from "./output.js";
import { roundTrips } from "./round-trip.js";
import { startUp } from "./start-up.js";
import { allSubjects, type Running, type Subject, start } from "./subjects.js";
import { keeps, kernelTable } from "./table.js";

/** Time for what a kernel does in the background after its start. */
const SETTLE_MS = 4000;

/** A part that needs all kernels running gets fresh ones. */
function withAll(part: (running: readonly Running[]) => Promise<readonly KernelFigure[]>) {
  return async (subjects: readonly Subject[]) => {
    const running: Running[] = [];
    try {
      for (const subject of subjects) running.push(await start(subject));
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      return await part(running);
    } finally {
      await Promise.all(running.map(({ kernel }) => kernel.close()));
    }
  };
}

const parts: Readonly<Record<string, (subjects: readonly Subject[]) => Promise<readonly KernelFigure[]>>> = {
  "cold start": startUp,
  "round trip": withAll(roundTrips),
  completion: withAll(completions),
  interrupt: interrupts,
  output: withAll(outputFlood),
  "long session": withAll(longSession),
};

const progress = (text: string) => void process.stderr.write(`${text}\n`);
const load = () => (loadavg()[0] ?? 0).toFixed(1);

const words = process.argv.slice(2);
progress("tslab and Deno from npm, into .nibble/bench-kernels");
installOthers();
const subjects = allSubjects();
const loadBefore = load();
const figures: KernelFigure[] = [];
const failures: string[] = [];
for (const [name, part] of Object.entries(parts)) {
  if (words.length > 0 && !words.some((word) => name.includes(word))) continue;
  progress(name);
  try {
    figures.push(...(await part(subjects)));
  } catch (error) {
    failures.push(`${name} broke off: ${(error as Error).message}`);
  }
}
process.stdout.write(`${kernelTable(figures, subjects)}\n`);
for (const failure of failures) process.stdout.write(`${failure}\n`);
process.stdout.write(`${cpus().length} cores, load ${loadBefore} before and ${load()} after the run\n`);
process.exit(failures.length === 0 && figures.every((figure) => keeps(figure, subjects)) ? 0 : 1);
