import { median } from "../../../src/measure/statistics.js";
import { within } from "../../jupyter/kernel-client.js";
import { type KernelFigure, type Measured, quantile, rotated } from "./measured.js";
import type { Running } from "./subjects.js";

const ROUNDS = 8;
const GOAL_MS = 50;
const LONGEST_MS = 60_000;

/** Completion on TF.js (numpy in Python), the library loaded and its types read; every request has a text of its own. */
export async function completions(running: readonly Running[]): Promise<readonly KernelFigure[]> {
  const broken = new Map<string, string>();
  const faults = new Map<string, string>();
  const firsts = new Map<string, number>();
  const times = new Map<string, number[]>(running.map(({ subject }) => [subject.name, []]));
  for (const one of running) {
    const { content } = await one.kernel.execute(one.subject.dialect.library).reply;
    if (content.status !== "ok")
      faults.set(one.subject.name, `cannot load the library: ${content.evalue ?? "no reason given"}`);
    else firsts.set(one.subject.name, (await ask(one, 0, new Map()))[0] ?? Number.NaN);
  }
  for (let round = 1; round <= ROUNDS; round++) {
    for (const one of rotated(running, round)) {
      const { name } = one.subject;
      if (!broken.has(name)) times.get(name)?.push(...(await ask(one, round, faults)));
    }
  }
  const measured = new Map<string, Measured>();
  for (const [name, samples] of times) {
    const cannot = broken.get(name);
    const fault = faults.get(name);
    const p95 = quantile(samples, 0.95);
    const text = `${p95.toFixed(1)} ms (p50 ${median(samples).toFixed(1)}, very first ${firsts.get(name)?.toFixed(0)})`;
    measured.set(name, cannot ? { cannot } : { value: p95, text, ...(fault ? { fault } : {}) });
  }
  return [
    { name: "completion with TF.js, p95", promise: `<= ${GOAL_MS} ms`, met: (value) => value <= GOAL_MS, measured },
  ];
}

/** Milliseconds of each request of one round. `faults` takes a name that was not offered, by kernel. */
async function ask({ kernel, subject }: Running, round: number, faults: Map<string, string>) {
  const times: number[] = [];
  for (const { code, expected } of subject.dialect.completions(round)) {
    const began = performance.now();
    const reply = await within(
      LONGEST_MS,
      kernel.request("complete_request", { code, cursor_pos: [...code].length }).reply,
    );
    times.push(performance.now() - began);
    const found = reply?.content.matches?.some((match) => match === expected || match.endsWith(`.${expected}`));
    if (!found) faults.set(subject.name, `offers no "${expected}" after "${code.replace("%%ts\n", "")}"`);
  }
  return times;
}
