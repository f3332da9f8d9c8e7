import { median } from "../../../src/measure/statistics.js";
import { within } from "../../jupyter/kernel-client.js";
import { type KernelFigure, type Measured, rotated, spreadText } from "./measured.js";
import type { Running } from "./subjects.js";

const LINES = 100_000;
const ROUNDS = 3;
const LONGEST_MS = 60_000;
const GOAL_S = 3;

/** 100,000 lines from one cell: seconds to idle, and whether each line came, in order. */
export async function outputFlood(running: readonly Running[]): Promise<readonly KernelFigure[]> {
  const wanted = Array.from({ length: LINES }, (_, i) => `line ${i}\n`).join("");
  const seconds = new Map<string, number[]>(running.map(({ subject }) => [subject.name, []]));
  const faults = new Map<string, string>();
  const stuck = new Map<string, string>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const { subject, kernel } of rotated(running, round)) {
      if (stuck.has(subject.name)) continue;
      const began = performance.now();
      const flood = kernel.execute(subject.dialect.print(LINES));
      const ended = await within(LONGEST_MS, flood.done);
      const elapsed = (performance.now() - began) / 1000;
      const streams = flood.messages.filter(({ type, content }) => type === "stream" && content.name === "stdout");
      const got = streams.map(({ content }) => content.text ?? "").join("");
      const lines = got.split("\n").length - 1;
      if (ended === undefined)
        stuck.set(subject.name, `${LONGEST_MS / 1000} s later it is not idle; ${lines} lines came`);
      else seconds.get(subject.name)?.push(elapsed);
      if (got !== wanted) faults.set(subject.name, `only ${lines} lines came before idle`);
    }
  }
  const measured = new Map<string, Measured>();
  for (const [name, repeats] of seconds) {
    const cannot = stuck.get(name);
    const fault = faults.get(name);
    if (cannot) measured.set(name, { cannot });
    else measured.set(name, { value: median(repeats), text: spreadText(repeats, 2, "s"), ...(fault ? { fault } : {}) });
  }
  return [
    { name: "100,000 lines of output, all there", promise: `< ${GOAL_S} s`, met: (value) => value < GOAL_S, measured },
  ];
}
