import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";

/** The processor that this process runs on. */
export interface Cpu {
  readonly model: string;
  /** Vector and matrix instruction sets, sorted, as the kernel names them; empty where the system does not tell. */
  readonly flags: readonly string[];
  /** Cores that this process may use. */
  readonly cores: number;
  /** As Node names it: "x64", "arm64". */
  readonly arch: string;
  /** Bytes of the largest cache that the first core reaches; absent where the system does not tell. */
  readonly lastLevelCacheBytes?: number;
}

/** Reads /proc/cpuinfo on Linux, and asks Node elsewhere. */
export function readCpu(): Cpu {
  const { model, flags } = parseCpuInfo(cpuInfoText());
  const lastLevelCacheBytes = readLastLevelCache();
  return {
    model: model ?? cpus()[0]?.model.trim() ?? "unknown",
    flags,
    cores: availableParallelism(),
    arch: process.arch,
    ...(lastLevelCacheBytes === undefined ? {} : { lastLevelCacheBytes }),
  };
}

const CACHES = "/sys/devices/system/cpu/cpu0/cache";
const KIB = 1024;

/** The largest of the first core's caches as Linux tells them, "49152K"; undefined elsewhere. */
function readLastLevelCache(): number | undefined {
  try {
    const sizes = readdirSync(CACHES)
      .filter((name) => /^index\d+$/.test(name))
      .map((name) => /^(\d+)K/.exec(readFileSync(join(CACHES, name, "size"), "utf8"))?.[1])
      .map((kib) => Number(kib ?? 0) * KIB);
    const largest = Math.max(0, ...sizes);
    return largest > 0 ? largest : undefined;
  } catch {
    return undefined;
  }
}

function cpuInfoText(): string {
  try {
    return readFileSync("/proc/cpuinfo", "utf8");
  } catch {
    return "";
  }
}

/** Instruction sets that decide which integer and float kernels run: x86 and ARM names of /proc/cpuinfo. */
const relevant = /^(sse4_[12]|avx.*|fma|f16c|amx.*|neon|asimd.*|sve.*|i8mm|bf16|sme(?!p$).*|vx.*|vsx)$/;

/** Model name and relevant flags of the first processor in the text of /proc/cpuinfo. */
export function parseCpuInfo(text: string): { readonly model: string | undefined; readonly flags: readonly string[] } {
  const field = (name: string) => new RegExp(`^${name}\\s*: *(.+)$`, "m").exec(text)?.[1]?.trim();
  const flags = (field("flags") ?? field("Features") ?? "").split(/\s+/).filter((flag) => relevant.test(flag));
  return { model: field("model name"), flags: [...new Set(flags)].sort() };
}
