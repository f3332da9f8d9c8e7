import { treeBytes } from "../memory.js";
import { type KernelFigure, type Measured, rotated } from "./measured.js";
import { Trips } from "./round-trip.js";
import type { Running } from "./subjects.js";

const WARM_UP = 100;
const CELLS = 2000;
const HISTORY = 1000;
const BLOCK = 250;
const TIMED = 200;
const MB = 1e6;

interface Course {
  readonly running: Running;
  readonly trips: Trips;
  readonly bytes: number[];
  beforeMs: number;
  afterMs: number;
}

/**
 * 2,000 cells that each define a name of their own and show a value: how resident memory of all processes of a kernel
 * grows, and what `1+1` takes after the first 1,000 against before.
 */
export async function longSession(running: readonly Running[]): Promise<readonly KernelFigure[]> {
  const courses: Course[] = running.map((one) => ({
    running: one,
    trips: new Trips(),
    bytes: [],
    beforeMs: 0,
    afterMs: 0,
  }));
  for (const course of courses) {
    await course.trips.block(course.running, WARM_UP, (i) => course.running.subject.dialect.sum(i));
    course.beforeMs = await timeTwo(course);
    course.bytes.push(bytesOf(course.running));
  }
  for (let done = 0; done < CELLS; done += BLOCK) {
    for (const course of rotated(courses, done / BLOCK)) {
      const { dialect } = course.running.subject;
      await course.trips.block(course.running, BLOCK, (i) => dialect.define(done + i));
      if (done + BLOCK === HISTORY) course.afterMs = await timeTwo(course);
      course.bytes.push(bytesOf(course.running));
    }
  }
  return [memory(courses), history(courses)];
}

function bytesOf({ kernel }: Running): number {
  return treeBytes(kernel.process.pid ?? -1);
}

function timeTwo({ running, trips }: Course): Promise<number> {
  return trips.block(running, TIMED, () => running.subject.dialect.two);
}

function memory(courses: readonly Course[]): KernelFigure {
  const measured = new Map<string, Measured>();
  for (const { running, trips, bytes } of courses) {
    const [first = Number.NaN] = bytes;
    const [half = Number.NaN, last = Number.NaN] = [bytes[HISTORY / BLOCK], bytes.at(-1)];
    const growth = (last - first) / MB;
    const text = `${growth.toFixed(0)} MB (second half ${((last - half) / MB).toFixed(0)}; all ${(last / MB).toFixed(0)})`;
    const fault = trips.fault();
    measured.set(running.subject.name, { value: growth, text, ...(fault ? { fault } : {}) });
  }
  return { name: "memory growth over 2,000 cells", promise: "< 50 MB", met: (value) => value < 50, measured };
}

function history(courses: readonly Course[]): KernelFigure {
  const measured = new Map<string, Measured>();
  for (const { running, beforeMs, afterMs } of courses) {
    const value = afterMs / beforeMs;
    const text = `${value.toFixed(2)}x (${beforeMs.toFixed(2)} to ${afterMs.toFixed(2)} ms)`;
    measured.set(running.subject.name, { value, text });
  }
  return {
    name: "1+1 after 1,000 cells of history",
    promise: "<= 1.15x of before",
    met: (value) => value <= 1.15,
    measured,
  };
}
