import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { onnxruntime } from "../engines/onnxruntime.js";
import { type EnergyReading, sampleEnergy } from "../measure/energy.js";
import { pinToLeastBusy } from "./cpus.js";
import type { LatencyArm, Tasks } from "./protocol.js";

/** Linux's folder of energy counters; Intel's and AMD's both go by the name of RAPL. */
const FOLDER = "/sys/class/powercap";

/**
 * The counters of whole packages: `intel-rapl:0`, `intel-rapl:1` ...; those inside one (`intel-rapl:0:0`) count a part of the same.
 * Most systems let only their administrator read them: then there are none.
 * @param folder  where the zones lie
 */
export function readEnergyCounters(folder = FOLDER): readonly EnergyReading[] {
  try {
    return readdirSync(folder)
      .filter((zone) => /^[a-z-]*rapl:\d+$/.test(zone))
      .flatMap((zone) => {
        if (!text(folder, zone, "name").startsWith("package")) return [];
        const microjoules = Number(text(folder, zone, "energy_uj"));
        const range = Number(text(folder, zone, "max_energy_range_uj"));
        return Number.isFinite(microjoules) && range > 0 ? [{ zone, microjoules, range }] : [];
      });
  } catch {
    return [];
  }
}

function text(folder: string, zone: string, file: string): string {
  return readFileSync(join(folder, zone, file), "utf8").trim();
}

/** Joules of one run of each arm, in this process; undefined where the machine has no readable counter. */
export async function measureEnergy(input: Tasks["energy"]["input"]): Promise<Tasks["energy"]["output"]> {
  if (readEnergyCounters().length === 0) return undefined;
  const { threads } = input;
  await pinToLeastBusy(threads);
  const engine = await onnxruntime();
  const load = ({ path, optimization, extra }: LatencyArm) =>
    engine.load(path, { threads, optimization, ...(extra ? { extra } : {}) });
  const [baseline, trial] = [await load(input.baseline), await load(input.trial)];
  try {
    return await sampleEnergy({
      baseline: { run: baseline.bind(input.feeds) },
      trial: { run: trial.bind(input.feeds) },
      read: readEnergyCounters,
      clock: () => performance.now(),
      segmentMs: input.segmentMs,
    });
  } finally {
    await baseline.close();
    await trial.close();
  }
}
