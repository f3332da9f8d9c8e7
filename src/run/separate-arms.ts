import type { Arm } from "../measure/arm.js";
import { loadBetween } from "../measure/conditions.js";
import { type LatencySamples, sampleLatency } from "../measure/latency.js";
import type { StartWorker, Worker } from "./process.js";
import type { Tasks } from "./protocol.js";

/** Rest before each sample, milliseconds, in which the threads of the arm before fall asleep: they spin for one. */
const REST_MS = 3;

/**
 * Samples arms with several threads, each in a process of its own, held to the same CPUs and taking turns sample by
 * sample. In one process the spinning threads of live sessions would take each other's cores (measured: up to 4x).
 * The processes are fresh ones, and end with this.
 */
export async function sampleSeparately(
  input: Tasks["latency"]["input"],
  startWorker: StartWorker,
): Promise<LatencySamples> {
  const workers: Worker[] = [];
  try {
    const open = async (side: "baseline" | "trial", cpus?: readonly number[]) => {
      const worker = startWorker();
      workers.push(worker);
      const { feeds, threads } = input;
      const settings = { ...input[side], feeds, threads, ...(cpus ? { cpus } : {}) };
      return { worker, arm: remoteArm(worker), ...(await worker.call("openArm", settings)) };
    };
    const baseline = await open("baseline");
    const { pinned } = baseline;
    const [control, trial] = [await open("baseline", pinned), await open("trial", pinned)];
    const look = () => lookAt(workers);
    const before = await look();
    const { ghz, blocks, ...samples } = await sampleLatency({
      baseline: baseline.arm,
      control: control.arm,
      trial: trial.arm,
      clock: () => performance.now(),
      probe: before.ghz === undefined ? undefined : () => clockOf(baseline.worker),
      protocol: input.protocol,
    });
    const after = await look();
    const load = loadBetween(before.times, after.times, after.ownSeconds - before.ownSeconds, pinned);
    return { ...samples, watched: { ghz, blocks, ...(pinned ? { pinned } : {}), ...(load ? { load } : {}) } };
  } finally {
    for (const worker of workers) worker.kill();
  }
}

function remoteArm(worker: Worker): Arm {
  return {
    warmUp: async (protocol) => (await worker.call("warmArm", protocol)).runs,
    async sample(runs) {
      await new Promise((resolve) => setTimeout(resolve, REST_MS));
      return worker.call("sampleArm", { runs });
    },
  };
}

async function clockOf(worker: Worker): Promise<number> {
  const { ghz } = await worker.call("look", {});
  if (ghz === undefined) throw new Error("latency: a process whose clock could be probed no longer can");
  return ghz;
}

/** The machine as the first process sees it, with the CPU time of all of them. */
async function lookAt(workers: readonly Worker[]): Promise<Tasks["look"]["output"]> {
  const looks = [];
  for (const worker of workers) looks.push(await worker.call("look", {}));
  const ownSeconds = looks.reduce((total, look) => total + look.ownSeconds, 0);
  return { ...looks[0], ownSeconds };
}
