import { fail } from "../base/diagnostic.js";
import type { Choice, ChoiceSetting, OptionSpec, Setting, Settings } from "../base/option.js";
import type { Calibration, Granularity, Mode, Scheme, WeightFormat } from "./scheme.js";

/** A way to quantize that programs can name in `try` and `scheme`: its options, and how they become a scheme. */
export interface SchemeDefinition {
  readonly name: Mode;
  readonly summary: string;
  readonly options: readonly OptionSpec[];
  /**
   * @param name what the user's text calls the scheme. `settings` are checked against `options`; absent ones default.
   * @throws {DiagnosticError} "scheme-conflict" or "group-size" when settings contradict each other
   */
  build(name: string, settings: Settings): Scheme;
}

export const observers: readonly Choice[] = [
  { name: "minmax", summary: "smallest and largest value seen" },
  {
    name: "percentile",
    summary: "range that keeps this percent of the values",
    argument: { name: "percent", min: 50, max: 100, default: 99.9 },
  },
  { name: "entropy", summary: "range with the least Kullback-Leibler divergence (Migacz 2017)" },
  { name: "mse", summary: "range with the least mean squared quantization error" },
];

/** Formats that a program can name; `refusal` in profile.ts says why a format cannot execute in a mode. */
export const weightFormats: readonly Choice[] = [
  { name: "int8", summary: "8-bit symmetric codes, -127..127" },
  { name: "int4", summary: "4-bit symmetric codes, -7..7; executes with weight_only" },
  { name: "int2", summary: "2-bit symmetric codes, -1..1; executes with weight_only" },
  ...["int3", "int5", "int6", "int7", "int16"].map((name) => ({
    name,
    summary: `${name.slice(3)}-bit codes; no kernel`,
  })),
  { name: "fp8_e4m3", summary: "8-bit float, 4 exponent bits (OCP); no kernel" },
  { name: "fp8_e5m2", summary: "8-bit float, 5 exponent bits (OCP); no kernel" },
  { name: "fp4", summary: "4-bit float E2M1 (OCP); no kernel" },
  { name: "nf4", summary: "4-bit normal float (QLoRA); no kernel" },
];

const activationFormats: readonly Choice[] = [
  { name: "uint8", summary: "8-bit codes with a zero point; what x64 kernels are fast with" },
  { name: "int8", summary: "signed 8-bit codes" },
  ...["uint4", "int4", "uint16", "int16"].map((name) => ({ name, summary: `${name} codes; no kernel` })),
];

/** Sizes of a group that onnxruntime's MatMulNBits takes. */
export const groupSizes: readonly number[] = [16, 32, 64, 128, 256];

const granularities: readonly Choice[] = [
  { name: "per_channel", summary: "one scale for each output channel" },
  { name: "per_tensor", summary: "one scale for the whole weight" },
];

const methods: readonly Choice[] = [{ name: "rtn", summary: "round each weight to the nearest code" }];

const weights: OptionSpec = {
  name: "weights",
  type: { kind: "phrase", groups: [weightFormats, granularities] },
  summary: "format of the weights, and what shares a scale: `int8 per_channel`",
};
const activations: OptionSpec = {
  name: "activations",
  type: { kind: "choice", choices: activationFormats },
  summary: "format of the activations: `uint8`",
};
const calibration: OptionSpec = {
  name: "calibration",
  type: { kind: "choice", choices: observers },
  summary: "how the range of an activation is chosen from what calibration saw",
};
const samples: OptionSpec = {
  name: "samples",
  type: { kind: "integer", min: 1, max: 1_000_000 },
  summary: "samples of the training split shown to calibration (default 256)",
};
const group: OptionSpec = {
  name: "group",
  type: { kind: "integer", min: 16, max: 256 },
  summary: "elements of the input dimension that share a scale: 16, 32, 64, 128 or 256 (default 32)",
};
const method: OptionSpec = {
  name: "method",
  type: { kind: "choice", choices: methods },
  summary: "how weight codes are chosen",
};

const reduceRange: OptionSpec = {
  name: "reduce_range",
  type: { kind: "boolean" },
  summary:
    "int8 weights of 7 bits, -64..64: exact on CPUs without VNNI, whose kernels add pairs of products in 16 bits",
};
const precise: OptionSpec = {
  name: "precise",
  type: { kind: "boolean" },
  summary:
    "the engine's exact, slower kernels where its fast ones add in 16 bits (CPUs without VNNI); the same elsewhere",
};

const DEFAULT_SAMPLES = 256;
const DEFAULT_GROUP = 32;

/** Every scheme that a program can name, the baseline included; completion, hover and checks read this list. */
export const schemes: readonly SchemeDefinition[] = [
  {
    name: "fp32",
    summary: "32-bit float on the same engine: the baseline",
    options: [],
    build: (name) => ({ name, mode: "fp32", keep: {} }),
  },
  {
    name: "dynamic",
    summary:
      "int8 dense layers and LSTMs; activation ranges are taken at run time, so no calibration (convolutions stay float)",
    options: [weights, activations, method, reduceRange, precise],
    build: (name, settings) => ({
      name,
      mode: "dynamic",
      weights: channelWeights(settings),
      activations: { dtype: choice(settings.activations)?.name ?? "uint8" },
      method: choice(settings.method)?.name ?? "rtn",
      ...exactness(settings),
      keep: {},
    }),
  },
  {
    name: "static",
    summary: "int8 weights and activations with ranges from calibration; the fastest for convolutions",
    options: [weights, activations, calibration, samples, method, reduceRange, precise],
    build: (name, settings) => ({
      name,
      mode: "static",
      weights: channelWeights(settings),
      activations: { dtype: choice(settings.activations)?.name ?? "uint8" },
      calibration: calibrationOf(settings),
      method: choice(settings.method)?.name ?? "rtn",
      ...exactness(settings),
      keep: {},
    }),
  },
  {
    name: "weight_only",
    summary: "int8 or int4 weights by groups, float activations; for large dense layers at batch 1",
    options: [weights, group, method],
    build: (name, settings) => ({
      name,
      mode: "weight_only",
      weights: groupWeights(name, settings),
      method: choice(settings.method)?.name ?? "rtn",
      keep: {},
    }),
  },
];

/** The definition of a mode. */
export function schemeDefinition(mode: string): SchemeDefinition | undefined {
  return schemes.find((definition) => definition.name === mode);
}

function channelWeights(settings: Settings): WeightFormat {
  const words = phrase(settings.weights);
  const format = { dtype: dtypeIn(words) ?? "int8", granularity: granularityIn(words) ?? "per_channel" };
  return settings.reduce_range === true ? { ...format, reduceRange: true } : format;
}

/** Absent rather than false, so that a program that says `false` and one that says nothing are the same trial. */
function exactness(settings: Settings): Pick<Scheme, "precise"> {
  return settings.precise === true ? { precise: true } : {};
}

function groupWeights(scheme: string, settings: Settings): WeightFormat {
  const words = phrase(settings.weights);
  const dtype = dtypeIn(words) ?? "int8";
  const granularity = granularityIn(words);
  const size = typeof settings.group === "number" ? settings.group : undefined;
  if (granularity === undefined) {
    const chosen = size ?? DEFAULT_GROUP;
    if (!groupSizes.includes(chosen)) fail("group-size", { scheme, group: chosen, known: groupSizes });
    return { dtype, granularity: "group", group: chosen };
  }
  if (size !== undefined) {
    const reason = "group and per_channel or per_tensor each say which weights share a scale";
    fail("scheme-conflict", { scheme, first: `weights: ${dtype} ${granularity}`, second: `group: ${size}`, reason });
  }
  return { dtype, granularity };
}

function calibrationOf(settings: Settings): Calibration {
  const chosen = choice(settings.calibration) ?? { name: "minmax" };
  const count = typeof settings.samples === "number" ? settings.samples : DEFAULT_SAMPLES;
  const known = observers.find((each) => each.name === chosen.name);
  const percentile = chosen.argument ?? known?.argument?.default;
  return {
    observer: chosen.name as Calibration["observer"],
    ...(chosen.name === "percentile" && percentile !== undefined ? { percentile } : {}),
    samples: count,
  };
}

/** A choice may come as its record or, from TypeScript, as a bare name. */
function choice(setting: Setting | undefined): ChoiceSetting | undefined {
  if (typeof setting === "string") return { name: setting };
  return typeof setting === "object" && "name" in setting ? setting : undefined;
}

function phrase(setting: Setting | undefined): readonly string[] {
  const single = choice(setting);
  if (single) return single.name.split(/\s+/);
  if (!Array.isArray(setting)) return [];
  return setting.flatMap((word: ChoiceSetting | string | number) => {
    if (typeof word === "number") return [];
    return [typeof word === "string" ? word : word.name];
  });
}

function dtypeIn(words: readonly string[]): string | undefined {
  return words.find((word) => weightFormats.some((format) => format.name === word));
}

function granularityIn(words: readonly string[]): Granularity | undefined {
  return granularities.find(({ name }) => words.includes(name))?.name as Granularity | undefined;
}

export type { Calibration };
