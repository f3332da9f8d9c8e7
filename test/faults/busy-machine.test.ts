import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { expect, test } from "vitest";
import { experimentOf, runInjected, scheme } from "./injected.js";

/** Busy until it is killed, or until the process that started it has gone. */
const BUSY = `
const parent = process.ppid;
process.stdout.write("x");
for (;;) {
  for (const end = Date.now() + 20; Date.now() < end; );
  if (process.ppid !== parent) process.exit();
}`;

/** Keeps a quarter of the CPUs busy, at least one, while `work` runs. */
async function besideHogs<T>(work: () => Promise<T>): Promise<T> {
  const hogs = Array.from({ length: Math.ceil(availableParallelism() / 4) }, () =>
    spawn(process.execPath, ["-e", BUSY], { stdio: ["ignore", "pipe", "ignore"] }),
  );
  try {
    await Promise.all(hogs.map((hog) => new Promise((resolve) => hog.stdout.once("data", resolve))));
    return await work();
  } finally {
    for (const hog of hogs) hog.kill("SIGKILL");
  }
}

/** The sentence of the report, its lines joined. */
const flat = (text: string) => text.replace(/\s+/g, " ");

test.skipIf(!existsSync("/proc/stat"))(
  "a machine that is busy with something else is named by the report",
  async () => {
    const plan = experimentOf([scheme("static", { samples: 32 })], {
      measures: { latency: [{ batch: 1, threads: 1 }] },
    });
    // The peaks and the profile take their time and are another test's subject.
    const peaks = { floatMacs: 1e12, integerMacs: 4e12, bandwidth: [], overhead: { runMs: 0, nodeMs: 0 } };
    const tasks = { peaks: async () => ({ ...peaks, threads: 1 }), profile: async () => [] };
    const { records, report, markdown } = await besideHogs(() => runInjected(plan, { tasks }));
    const [, trial] = records;
    if (trial?.status !== "completed") throw new Error(JSON.stringify(trial));
    const conditions = trial.latency?.[0]?.conditions;
    expect(conditions?.busyShare).toBeGreaterThan(0.1);
    expect(conditions?.remarks.join()).toMatch(/^other processes used \d+% of this machine meanwhile/);
    for (const text of [report, markdown])
      expect(flat(text)).toMatch(/other processes used \d+% of this machine meanwhile/);
  },
);
