import { onnxruntime } from "../engines/onnxruntime.js";
import { type Arm, armOf } from "../measure/arm.js";
import { clockProbe } from "../measure/clock.js";
import { ownSeconds, pinThisProcess, pinToLeastBusy, readCpuTimes } from "./cpus.js";
import type { Tasks } from "./protocol.js";

const clock = () => performance.now();

/**
 * The pool of threads spins between operators and between runs, as the engine does unless told otherwise, but goes to
 * sleep a millisecond after the last run: left alone it spins for 40 ms, on cores that another arm needs by then.
 */
export const SPINNING = { "session.intra_op.allow_spinning": "1", "session.intra_op.spin_duration_us": "1000" };

/** This process as one side of a comparison with several threads. */
let state: { readonly arm: Arm; readonly probe: (() => number) | undefined } | undefined;

function opened() {
  if (!state) throw new Error("latency: this process was asked for samples before it had a model");
  return state;
}

/** Holds this process to its CPUs, then loads the model and binds its input. */
export async function openArm(input: Tasks["openArm"]["input"]): Promise<Tasks["openArm"]["output"]> {
  const { path, optimization, feeds, threads, cpus } = input;
  const pinned = cpus ? pinThisProcess(cpus) : await pinToLeastBusy(threads);
  const engine = await onnxruntime();
  const session = await engine.load(path, { threads, optimization, extra: { ...SPINNING, ...input.extra } });
  state = { arm: armOf(session.bind(feeds), clock), probe: clockProbe(clock) };
  return pinned ? { pinned } : {};
}

/** Warms the arm up; gives how many runs a sample needs. */
export async function warmArm(input: Tasks["warmArm"]["input"]): Promise<Tasks["warmArm"]["output"]> {
  return { runs: await opened().arm.warmUp(input) };
}

/** One sample. */
export async function sampleArm({ runs }: Tasks["sampleArm"]["input"]): Promise<Tasks["sampleArm"]["output"]> {
  return opened().arm.sample(runs);
}

/** Looks at the clock and at the CPU times. */
export async function look(): Promise<Tasks["look"]["output"]> {
  const ghz = opened().probe?.();
  const times = readCpuTimes();
  return { ...(ghz === undefined ? {} : { ghz }), ...(times ? { times } : {}), ownSeconds: ownSeconds() };
}
