import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Figure } from "./figure.js";

const FEW = 256;
const MANY = 4096;
/** Megabytes that sixteen times the samples may add: a kept batch of activations alone would be more, all of them hundreds. */
const MOST_MB = 16;
/** Runs of each; the smallest peak tells most, as a garbage collector that comes late only adds. */
const RUNS = 3;

/** The memory of calibration does not grow with its samples. */
export async function calibrationMemory(): Promise<readonly Figure[]> {
  const [few, many] = [await leastPeak(FEW), await leastPeak(MANY)];
  const difference = (many - few) / 2 ** 20;
  return [
    {
      name: `calibration, memory of ${MANY} samples against ${FEW}`,
      promise: `<= ${MOST_MB} MB more`,
      measured: `${difference.toFixed(1)} MB more of ${(few / 2 ** 20).toFixed(0)} MB`,
      met: difference <= MOST_MB,
    },
  ];
}

async function leastPeak(samples: number): Promise<number> {
  const child = new URL("calibration-child.ts", import.meta.url).pathname;
  const peaks: number[] = [];
  for (let i = 0; i < RUNS; i++) {
    const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", child, String(samples)]);
    peaks.push(Number(stdout));
  }
  return Math.min(...peaks);
}
