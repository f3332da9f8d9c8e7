import { DiagnosticError } from "../base/diagnostic.js";
import type { Check } from "../engines/doctor.js";
import { inFreshProcess } from "./latency-trial.js";
import type { PairSumProbe } from "./pair-sums.js";
import { startWorker } from "./process.js";

/** What `nibble doctor` says of integer sums: every kind of integer product is run once, in a child process. */
export async function inspectPairSums(): Promise<Check> {
  try {
    return pairSumsCheck(await inFreshProcess(startWorker, (worker) => worker.call("pairSums", {})));
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    const cost = "a CPU whose sums saturate is not recognised";
    return { name, status: "degraded", detail: "not probed: the engine does not run", cost };
  }
}

const name = "integer sums";

/** The check of a probe. */
export function pairSumsCheck(probe: PairSumProbe): Check {
  if (probe.length === 0) return { name, status: "ok", detail: "exact on the largest codes, by every kernel" };
  const detail = `added in pairs of 16 bits, which saturate: ${probe.map(({ kernel }) => kernel).join(", ")}`;
  const cost = "int8 models with full-range weights may lose accuracy on this CPU that they keep on others";
  return { name, status: "degraded", detail, cost, mend: "`reduce_range: true` or `precise: true` in the scheme" };
}
