import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { MachinePeaks } from "../../src/measure/peaks.js";
import { openPeaks, type PeakOptions, readPeaks } from "../../src/run/peaks.js";
import { peaksCheck } from "../../src/run/peaks-check.js";
import { startWorker } from "../../src/run/process.js";
import { died, machine, scriptedWorkers } from "./scripted.js";

const peaksOf = (floatMacs: number, runMs = 0.01): MachinePeaks => ({
  threads: 1,
  floatMacs,
  integerMacs: 4e11 - floatMacs,
  bandwidth: [{ footprintBytes: 1e6, bytesPerSecond: floatMacs }],
  overhead: { runMs, nodeMs: 0.001 },
});

/** A store in `folder` whose machine measures these peaks, one after another, and how often it did. */
function store(folder: string, given: Partial<PeakOptions> & { readonly figures?: readonly number[] } = {}) {
  const figures = [...(given.figures ?? [1e11])];
  const { startWorker, calls } = scriptedWorkers({ peaks: () => peaksOf(figures.shift() ?? died("peaks")) });
  return { ...openPeaks({ folder, machine, fresh: false, readLoad: () => 0, startWorker, ...given }), calls };
}
const scratch = () => mkdtempSync(join(tmpdir(), "nibble-peaks-"));

test("peaks are measured once a machine and number of threads, and kept for the next run", async () => {
  const folder = scratch();
  const first = store(folder, { figures: [1e11, 2e11] });
  expect([await first.of(1), await first.of(1), await first.of(2)].map(({ floatMacs }) => floatMacs)).toEqual([
    1e11, 1e11, 2e11,
  ]);
  expect(first.calls).toEqual(["1 peaks", "2 peaks"]);
  const next = store(folder, { figures: [] });
  expect((await next.of(1)).floatMacs).toBe(1e11);
  expect(next.calls).toEqual([]);
});

test("another processor, engine or Node has peaks of its own; fresh ones are measured on request", async () => {
  const folder = scratch();
  await store(folder).of(1);
  for (const changed of [{ cpu: "another" }, { engine: "onnxruntime 2" }, { node: "24.0.0" }, { cores: 64 }]) {
    const { of, calls } = store(folder, { machine: { ...machine, ...changed } });
    await of(1);
    expect(calls, JSON.stringify(changed)).toEqual(["1 peaks"]);
  }
  const fresh = store(folder, { fresh: true, figures: [3e11] });
  expect((await fresh.of(1)).floatMacs).toBe(3e11);
});

test("a result above the peaks has them measured again once; the better of each figure stays", async () => {
  const folder = scratch();
  const { of, again, calls } = store(folder, { figures: [2e11, 3e11, 9e11] });
  await of(1);
  expect(await again(1)).toEqual({ ...peaksOf(3e11), integerMacs: 2e11 });
  expect(await again(1)).toEqual(await of(1));
  expect(calls).toEqual(["1 peaks", "2 peaks"]);
  expect((await store(folder).of(1)).floatMacs).toBe(3e11);
});

test("what a busy machine gave is measured again when it is quieter, and never lost", async () => {
  const folder = scratch();
  const busy = store(folder, { readLoad: () => 5, figures: [2e11] });
  await busy.of(1);
  expect(readPeaks(machine, 1, folder)?.busy).toBe(true);
  const still = store(folder, { readLoad: () => 4, figures: [] });
  expect((await still.of(1)).floatMacs).toBe(2e11);
  const quiet = store(folder, { readLoad: () => 0.1, figures: [1.5e11] });
  expect(await quiet.of(1)).toMatchObject({ floatMacs: 2e11, integerMacs: 2.5e11 });
  expect(readPeaks(machine, 1, folder)?.busy).toBe(false);
});

test("a file that is torn or not ours is measured over; a folder that cannot be written costs nothing", async () => {
  const folder = scratch();
  await store(folder).of(1);
  const [name = ""] = readdirSync(folder);
  const kept = readFileSync(join(folder, name), "utf8");
  const wrong = kept.replace(/"floatMacs":[^,]+/, '"floatMacs":-1');
  for (const text of [kept.slice(0, 40), "[]", "{}", wrong, kept.replace('"version":1', '"version":0')]) {
    writeFileSync(join(folder, name), text);
    expect((await store(folder, { figures: [7e10] }).of(1)).floatMacs, text.slice(0, 60)).toBe(7e10);
  }
  const file = join(folder, "file");
  writeFileSync(file, "");
  expect((await store(join(file, "below"), { figures: [7e10] }).of(1)).floatMacs).toBe(7e10);
});

test("the doctor says what was measured, when, and whether it can be trusted", async () => {
  const folder = scratch();
  expect(peaksCheck(readPeaks(machine, 1, folder))).toEqual({
    name: "measured peaks",
    status: "ok",
    detail: "not measured yet: the first run that times something does",
  });
  await store(folder, { readLoad: () => 2 }).of(1);
  const kept = readPeaks(machine, 1, folder);
  expect(peaksCheck(kept && { ...kept, measured: "2026-01-02T03:04:05.678Z" })).toEqual({
    name: "measured peaks",
    status: "degraded",
    detail: "one thread: 100 GMAC/s in float, 300 in int8; reads 100 GB/s; measured 2026-01-02",
    cost: "measured on a busy machine: shares of the peak are too high until a run finds it quieter",
  });
});

const worker = startWorker({ timeoutMs: 60_000 });
afterAll(() => worker.kill());

test("the real probes give figures of a real machine", async () => {
  const peaks = await worker.call("peaks", { threads: 1, budgetMs: 300 });
  // Any machine that runs this multiplies more than a million and less than a trillion times a second in float.
  expect(peaks.floatMacs).toBeGreaterThan(1e6);
  expect(peaks.integerMacs).toBeLessThan(1e14);
  const footprints = peaks.bandwidth.map(({ footprintBytes }) => footprintBytes);
  expect(footprints).toEqual([...footprints].sort((a, b) => a - b));
  expect(footprints.length).toBeGreaterThan(1);
  expect(peaks.overhead.runMs).toBeLessThan(10);
}, 60_000);
