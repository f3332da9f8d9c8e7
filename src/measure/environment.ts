import { readCpu } from "../base/cpu.js";

/** Where a trial ran: what a reader needs to judge its speed and, since kernels round differently, its accuracy. */
export interface Environment {
  readonly node: string;
  readonly engine: string;
  readonly tfjs: string;
  readonly cpu: string;
  readonly cpuFlags: readonly string[];
  readonly cores: number;
  readonly platform: string;
  readonly nibble: string;
  /** Bytes of the largest cache that the first core reaches; absent where the system does not tell. */
  readonly lastLevelCacheBytes?: number;
  /** Whether integer products add exactly on this CPU, by a probe of the engine's kernels; absent where no model was opened. */
  readonly pairSums?: "exact" | "saturating";
}

/** The environment of a record; versions come from whoever loaded the engines. */
export function readEnvironment(versions: {
  readonly nibble: string;
  /** "onnxruntime 1.30.0" */
  readonly engine: string;
  /** "tensorflow 4.22.0", "wasm 4.22.0" */
  readonly tfjs: string;
}): Environment {
  const cpu = readCpu();
  return {
    node: process.versions.node,
    engine: versions.engine,
    tfjs: versions.tfjs,
    cpu: cpu.model,
    cpuFlags: cpu.flags,
    cores: cpu.cores,
    platform: `${process.platform}-${cpu.arch}`,
    nibble: versions.nibble,
    ...(cpu.lastLevelCacheBytes === undefined ? {} : { lastLevelCacheBytes: cpu.lastLevelCacheBytes }),
  };
}
