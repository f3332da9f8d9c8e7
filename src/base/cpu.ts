import { readFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";

/** The processor that this process runs on. */
export interface Cpu {
  readonly model: string;
  /** Vector and matrix instruction sets, sorted, as the kernel names them; empty where the system does not tell. */
  readonly flags: readonly string[];
  /** Cores that this process may use. */
  readonly cores: number;
  /** As Node names it: "x64", "arm64". */
  readonly arch: string;
}

/** Reads /proc/cpuinfo on Linux, and asks Node elsewhere. */
export function readCpu(): Cpu {
  const { model, flags } = parseCpuInfo(cpuInfoText());
  return {
    model: model ?? cpus()[0]?.model.trim() ?? "unknown",
    flags,
    cores: availableParallelism(),
    arch: process.arch,
  };
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
