import { groupSizes, weightFormats } from "./registry.js";
import type { Granularity, Mode, Precision, Scheme, WeightFormat } from "./scheme.js";
import { groupsOfTwoBits } from "./weights.js";

/** One row of a profile's table: formats of a mode that have a fast integer kernel on that CPU. */
export interface Combination {
  readonly mode: Exclude<Mode, "fp32">;
  readonly weights: readonly string[];
  readonly activations: readonly string[];
  readonly granularities: readonly Granularity[];
  /** Sizes of a group; with granularity "group" only. */
  readonly groups: readonly number[];
}

/** What a family of CPUs executes, as onnxruntime's MLAS kernels decide it. */
export interface CpuProfile {
  readonly name: "x64-vnni" | "x64-avx2" | "arm64" | "unknown";
  readonly summary: string;
  readonly combinations: readonly Combination[];
  /** Sentences that belong beside results of this CPU: hazards, missing knowledge. */
  readonly notes: readonly string[];
}

/**
 * The same on every CPU today: unsigned activations with signed symmetric weights is the one pair of 8-bit types that
 * has convolution and matrix kernels on each, and MatMulNBits falls back to portable block kernels.
 */
const executable: readonly Combination[] = [
  {
    mode: "dynamic",
    weights: ["int8"],
    activations: ["uint8"],
    granularities: ["per_channel", "per_tensor"],
    groups: [],
  },
  {
    mode: "static",
    weights: ["int8"],
    activations: ["uint8"],
    granularities: ["per_channel", "per_tensor"],
    groups: [],
  },
  {
    mode: "weight_only",
    weights: ["int8", "int4"],
    activations: [],
    granularities: ["group"],
    groups: groupSizes,
  },
  { mode: "weight_only", weights: ["int2"], activations: [], granularities: ["group"], groups: groupsOfTwoBits },
];

const saturation =
  "without VNNI the kernels add pairs of products in 16 bits (VPMADDUBSW), which can saturate when weights and activations " +
  "are both near their limits; an accuracy drop measured here may not exist on a newer CPU";

export const profiles: readonly CpuProfile[] = [
  {
    name: "x64-vnni",
    summary: "x64 with AVX-VNNI or AVX512-VNNI: exact 32-bit sums of uint8 x int8",
    combinations: executable,
    notes: [],
  },
  {
    name: "x64-avx2",
    summary: "x64 without VNNI: uint8 x int8 through 16-bit pair sums",
    combinations: executable,
    notes: [saturation],
  },
  { name: "arm64", summary: "64-bit ARM: NEON and dot-product kernels", combinations: executable, notes: [] },
  {
    name: "unknown",
    summary: "a CPU whose features could not be read",
    combinations: executable,
    notes: [`the CPU's features could not be read; if it has no VNNI: ${saturation}`],
  },
];

/**
 * The profile of a machine.
 * @param arch  Node's `process.arch`: "x64", "arm64", ...
 * @param flags CPU features as /proc/cpuinfo spells them ("avx512_vnni", "avx_vnni"); other spellings of VNNI are known
 */
export function cpuProfile(arch: string, flags: readonly string[]): CpuProfile {
  const has = (pattern: RegExp) => flags.some((flag) => pattern.test(flag.toLowerCase()));
  const name = arch === "arm64" ? "arm64" : arch !== "x64" || flags.length === 0 ? "unknown" : "x64-avx2";
  return profile(name === "x64-avx2" && has(/^avx(512)?[_-]?vnni/) ? "x64-vnni" : name);
}

function profile(name: CpuProfile["name"]): CpuProfile {
  const found = profiles.find((each) => each.name === name);
  if (!found) throw new Error(`quantize: no CPU profile is called ${name}`);
  return found;
}

/**
 * Why a scheme cannot execute on a CPU, as one sentence with a way out; undefined when it can. The planner puts the
 * sentence beside the skipped cell.
 */
export function refusal(scheme: Scheme, { combinations }: CpuProfile): string | undefined {
  const { mode, weights, activations, method } = scheme;
  if (mode === "fp32") return undefined;
  const legal = combinations.filter((each) => each.mode === mode);
  if (legal.length === 0) return `${mode} has no integer kernel on this CPU`;
  return (
    (weights && weightRefusal(mode, weights.dtype, legal, combinations)) ??
    (activations && activationRefusal(mode, activations.dtype, legal)) ??
    (weights && sharingRefusal(mode, weights, legal)) ??
    (method !== undefined && method !== "rtn" ? `method ${method} is not implemented; rtn is` : undefined) ??
    keepRefusal(scheme, legal)
  );
}

function weightRefusal(
  mode: Mode,
  dtype: string,
  legal: readonly Combination[],
  all: readonly Combination[],
): string | undefined {
  if (legal.some(({ weights }) => weights.includes(dtype))) return undefined;
  const kernels =
    mode === "weight_only"
      ? "MatMulNBits computes with 2-, 4- and 8-bit weights"
      : "QLinearConv, QGemm, QLinearMatMul and MatMulInteger take 8-bit weights";
  const elsewhere = all.find((each) => each.weights.includes(dtype));
  const known = weightFormats.some(({ name }) => name === dtype);
  const way = elsewhere
    ? `${elsewhere.mode} executes ${dtype}`
    : `${known ? nearestWidth(dtype, mode) : "int8"} executes`;
  return `${mode} with ${dtype} weights has no kernel: ${kernels}; ${way}`;
}

/** The executable width next above a refused one. */
function nearestWidth(dtype: string, mode: Mode): string {
  const bits = Number(/\d+/.exec(dtype)?.[0] ?? 8);
  return mode === "weight_only" && bits <= 4 ? "int4" : "int8";
}

function activationRefusal(mode: Mode, dtype: string, legal: readonly Combination[]): string | undefined {
  const known = legal.flatMap(({ activations }) => activations);
  if (known.includes(dtype)) return undefined;
  const reason =
    dtype === "int8"
      ? "int8 x int8 falls back to kernels that are several times slower than float on x64"
      : "quantized kernels take 8-bit activations";
  return `${mode} with ${dtype} activations is not executed: ${reason}; ${known.join(" or ")} executes`;
}

function sharingRefusal(
  mode: Mode,
  { dtype, granularity, group }: WeightFormat,
  legal: readonly Combination[],
): string | undefined {
  const row = legal.find(
    ({ weights, granularities }) => weights.includes(dtype) && granularities.includes(granularity),
  );
  if (!row) {
    const way =
      mode === "weight_only" ? "group: 32 (a scale for each 32 weights of an output) executes" : "per_channel executes";
    return `${mode} with ${granularity} scales has no kernel; ${way}`;
  }
  if (group === undefined || row.groups.includes(group)) return undefined;
  return `${mode} with ${dtype} in groups of ${group} has no integer kernel: MatMulNBits takes groups of ${row.groups.join(", ")} for it`;
}

function keepRefusal({ keep, mode }: Scheme, legal: readonly Combination[]): string | undefined {
  const executes = (precision: Precision) =>
    precision === "fp32" || legal.some(({ weights }) => weights.includes(precision));
  const refused = Object.entries(keep).find(([, precision]) => !executes(precision));
  if (!refused) return undefined;
  const [layer, precision] = refused;
  return `${mode} cannot keep "${layer}" at ${precision}: ${mode} executes ${legal.flatMap(({ weights }) => weights).join(", ")} and fp32`;
}
