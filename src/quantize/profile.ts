import { formatOf } from "../tensor/store.js";
import type { ActivationFormat, Granularity, Mode, Scheme, WeightFormat } from "./scheme.js";
import { groupSizes } from "./vocabulary.js";
import { layerFormat } from "./weight-format.js";
import { groupsOfTwoBits } from "./weights.js";

/** One row of a profile's table: formats of a mode that execute on that CPU, by a fast integer kernel or as storage. */
export interface Combination {
  readonly mode: Exclude<Mode, "fp32">;
  readonly weights: readonly string[];
  readonly activations: readonly string[];
  /** Empty for formats without scales. */
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
  { mode: "weight_only", weights: ["fp16"], activations: [], granularities: [], groups: [] },
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

/** What becomes of a scheme on a CPU. A reason is one sentence with a way out, for the plan and the report. */
export type Execution =
  | { readonly kind: "executed" }
  /** Some of it has no kernel, so all of it is simulated: accuracy and size are computed, nothing is timed. */
  | { readonly kind: "simulated"; readonly reason: string }
  /** Nibble can neither execute nor simulate it. */
  | { readonly kind: "refused"; readonly reason: string };

const STORED = "TF.js stores weights so and computes in float32: only the files are smaller";

/**
 * Whether a CPU executes a scheme. Formats alone decide between executed and simulated: what has no kernel, or one that
 * is several times slower than float (int8 x int8 on x64), is simulated. A scheme is one or the other as a whole.
 */
export function executionOf(scheme: Scheme, { combinations }: CpuProfile): Execution {
  const { mode, method } = scheme;
  if (mode === "fp32" || mode === "given") return { kind: "executed" };
  if (scheme.storage) return { kind: "simulated", reason: STORED };
  if (method !== undefined && method !== "rtn")
    return { kind: "refused", reason: `method ${method} is not implemented; rtn is` };
  const reason = withoutKernel(scheme, combinations);
  return reason === undefined ? { kind: "executed" } : { kind: "simulated", reason };
}

function withoutKernel(scheme: Scheme, combinations: readonly Combination[]): string | undefined {
  const { mode, weights, activations } = scheme;
  const legal = combinations.filter((each) => each.mode === mode);
  if (legal.length === 0) return `${mode} has no integer kernel on this CPU`;
  return (
    (weights && weightsWithoutKernel(mode, weights, legal, combinations)) ??
    (activations && activationsWithoutKernel(mode, activations, legal)) ??
    keptWithoutKernel(scheme, legal, combinations)
  );
}

function weightsWithoutKernel(
  mode: Mode,
  weights: WeightFormat,
  legal: readonly Combination[],
  all: readonly Combination[],
): string | undefined {
  const { dtype, symmetric } = weights;
  if (!legal.some((row) => row.weights.includes(dtype))) {
    const kernels =
      mode === "weight_only"
        ? "MatMulNBits computes with 2-, 4- and 8-bit integer weights"
        : "QLinearConv, QGemm, QLinearMatMul and MatMulInteger take 8-bit integer weights";
    const elsewhere = all.find((row) => row.weights.includes(dtype));
    const way = elsewhere ? `${elsewhere.mode} executes ${dtype}` : `${nearestWidth(dtype, mode)} executes`;
    return `${mode} with ${dtype} weights has no kernel: ${kernels}; ${way}`;
  }
  if (symmetric !== undefined) {
    return `${mode} with ${symmetric ? "symmetric" : "asymmetric"} ${dtype} weights has no kernel: kernels are fast with symmetric signed ones; ${dtype} alone executes`;
  }
  return scalesWithoutKernel(mode, weights, legal);
}

/** The executable width next above one without kernel. */
function nearestWidth(dtype: string, mode: Mode): string {
  const { bits } = formatOf(dtype);
  if (mode !== "weight_only" || (bits > 4 && bits <= 8)) return "int8";
  return bits <= 4 ? "int4" : "fp16";
}

function activationsWithoutKernel(
  mode: Mode,
  { dtype, group }: ActivationFormat,
  legal: readonly Combination[],
): string | undefined {
  const known = legal.flatMap(({ activations }) => activations);
  if (known.includes(dtype) && group === undefined) return undefined;
  if (known.includes(dtype))
    return `${mode} with activations in groups has no kernel: kernels take one scale for a whole activation; without activation_group it executes`;
  const reason =
    dtype === "int8"
      ? "int8 x int8 falls back to kernels that are several times slower than float on x64"
      : "integer kernels take 8-bit activations";
  return `${mode} with ${dtype} activations has no fast kernel: ${reason}; ${known.join(" or ")} executes`;
}

function scalesWithoutKernel(
  mode: Mode,
  { dtype, granularity, group }: WeightFormat,
  legal: readonly Combination[],
): string | undefined {
  if (granularity === undefined) return undefined;
  const row = legal.find(
    ({ weights, granularities }) => weights.includes(dtype) && granularities.includes(granularity),
  );
  if (!row) {
    const way =
      mode === "weight_only" ? "group: 32 (a scale for each 32 weights of an output) executes" : "per_channel executes";
    const shared = granularity === "group" ? `weights in groups of ${group}` : `${granularity} scales`;
    return `${mode} with ${shared} has no kernel; ${way}`;
  }
  if (group === undefined || row.groups.includes(group)) return undefined;
  return `${mode} with ${dtype} in groups of ${group} has no integer kernel: MatMulNBits takes groups of ${row.groups.join(", ")} for it`;
}

function keptWithoutKernel(
  scheme: Scheme,
  legal: readonly Combination[],
  all: readonly Combination[],
): string | undefined {
  for (const [layer, precision] of Object.entries(scheme.keep)) {
    const kept = layerFormat(scheme, layer);
    const reason = kept && weightsWithoutKernel(scheme.mode, kept, legal, all);
    if (reason !== undefined) return `"${layer}" is kept at ${precision}, and ${reason}`;
  }
  return undefined;
}
