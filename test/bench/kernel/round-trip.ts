import { median } from "../../../src/measure/statistics.js";
import { within } from "../../jupyter/kernel-client.js";
import { type KernelFigure, type Measured, rotated, spreadText } from "./measured.js";
import type { Running } from "./subjects.js";

const WARM_UP = 100;
const ROUNDS = 7;
const CELLS_A_ROUND = 60;
/** Goal on a machine where ipykernel takes `REFERENCE_MS`. */
const GOAL_MS = 4;
const REFERENCE_MS = 3.7;

/** A kernel that has not said idle by then has lost the message. */
const LOST_MS = 3000;

/** Milliseconds from a request to both its reply and its idle; undefined when one of them never came. */
export async function roundTrip({ kernel }: Running, code: string): Promise<number | undefined> {
  const began = performance.now();
  const reply = await within(LOST_MS, kernel.execute(code).done);
  if (reply === undefined) return undefined;
  const { status, evalue } = reply.content;
  if (status !== "ok") throw new Error(`bench: ${JSON.stringify(code)} ended with ${status}: ${evalue}`);
  return performance.now() - began;
}

/** Times of many round trips, and how many of them never ended. */
export class Trips {
  readonly medians: number[] = [];
  sent = 0;
  lost = 0;

  /** Sends cells one after another and keeps the median of their times. */
  async block(running: Running, cells: number, text: (i: number) => string): Promise<number> {
    const times: number[] = [];
    for (let i = 0; i < cells; i++) {
      const elapsed = await roundTrip(running, text(i));
      this.sent++;
      if (elapsed === undefined) this.lost++;
      else times.push(elapsed);
    }
    this.medians.push(median(times));
    return median(times);
  }

  fault(): string | undefined {
    return this.lost === 0 ? undefined : `${this.lost} of ${this.sent} cells never went idle`;
  }
}

/** `1+1` again and again, and another sum each time, all kernels taking turns in blocks. */
export async function roundTrips(running: readonly Running[]): Promise<readonly KernelFigure[]> {
  let number = 0;
  const repeated = new Map(running.map((one) => [one, new Trips()]));
  const fresh = new Map(running.map((one) => [one, new Trips()]));
  for (const one of running) await new Trips().block(one, WARM_UP, () => one.subject.dialect.sum(number++));
  for (let round = 0; round < ROUNDS; round++) {
    for (const one of rotated(running, round)) {
      const { dialect } = one.subject;
      await repeated.get(one)?.block(one, CELLS_A_ROUND, () => dialect.two);
      await fresh.get(one)?.block(one, CELLS_A_ROUND, () => dialect.sum(number++));
    }
  }
  return [figure("1+1 again and again, p50", repeated), figure("a new sum each time, p50", fresh)];
}

function figure(name: string, trips: ReadonlyMap<Running, Trips>): KernelFigure {
  const measured = new Map<string, Measured>();
  for (const [{ subject }, one] of trips) {
    const fault = one.fault();
    const text = spreadText(one.medians, 2, "ms");
    measured.set(subject.name, { value: median(one.medians), text, ...(fault ? { fault } : {}) });
  }
  return {
    name,
    promise: `<= ${GOAL_MS} ms, or as much slower as ipykernel's ${REFERENCE_MS} ms`,
    met: (value, ipykernel) => value <= GOAL_MS * Math.max(1, (ipykernel ?? 0) / REFERENCE_MS),
    measured,
  };
}
