import { ownPackage } from "../base/package.js";
import type { Check } from "../engines/doctor.js";
import { engineVersion } from "../engines/onnxruntime.js";
import { readEnvironment } from "../measure/environment.js";
import type { MachinePeaks } from "../measure/peaks.js";
import { type KeptPeaks, readPeaks } from "./peaks.js";

/** What `nibble doctor` says of this machine's measured peaks, with one thread; nothing is measured for it. */
export async function inspectPeaks(): Promise<Check> {
  const engine = `onnxruntime ${await engineVersion()}`;
  return peaksCheck(readPeaks(readEnvironment({ nibble: ownPackage().version, engine, tfjs: "" }), 1));
}

/** The check of kept peaks, or of none. */
export function peaksCheck(kept: KeptPeaks | undefined): Check {
  const name = "measured peaks";
  if (!kept) return { name, status: "ok", detail: "not measured yet: the first run that times something does" };
  const detail = `${peaksText(kept.peaks)}; measured ${kept.measured.slice(0, 10)}`;
  if (!kept.busy) return { name, status: "ok", detail };
  const cost = "measured on a busy machine: shares of the peak are too high until a run finds it quieter";
  return { name, status: "degraded", detail, cost };
}

/** `104 GMAC/s in float, 392 in int8; reads 208, 97 and 37 GB/s`. */
function peaksText({ floatMacs, integerMacs, bandwidth }: MachinePeaks): string {
  const giga = (perSecond: number) => String(Number((perSecond / 1e9).toPrecision(3)));
  const levels = bandwidth.map(({ bytesPerSecond }) => giga(bytesPerSecond));
  const reads = levels.length < 2 ? levels.join("") : `${levels.slice(0, -1).join(", ")} and ${levels.at(-1)}`;
  return `one thread: ${giga(floatMacs)} GMAC/s in float, ${giga(integerMacs)} in int8; reads ${reads} GB/s`;
}
