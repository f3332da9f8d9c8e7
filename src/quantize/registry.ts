import { fail } from "../base/diagnostic.js";
import type { Choice, ChoiceSetting, OptionSpec, Setting, Settings } from "../base/option.js";
import type { ActivationFormat, Calibration, Granularity, Mode, Scheme, WeightFormat } from "./scheme.js";
import { activationFormats, granularities, groupSizes, isCalibrated, symmetries, weightFormats } from "./vocabulary.js";
import { weightFormatOf } from "./weight-format.js";

/** A way to quantize that programs can name in `try` and `scheme`: its options, and how they become a scheme. */
export interface SchemeDefinition {
  readonly name: Mode | "stored";
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

const methods: readonly Choice[] = [{ name: "rtn", summary: "round each weight to the nearest code" }];

const weights: OptionSpec = {
  name: "weights",
  type: { kind: "phrase", groups: [weightFormats, granularities, symmetries] },
  summary: "format of the weights, what shares a scale, and whether 0 is in the middle: `int8 per_channel`",
};
const activations: OptionSpec = {
  name: "activations",
  type: { kind: "choice", choices: activationFormats },
  summary: "format of the activations: `uint8`",
};
const activationGroup: OptionSpec = {
  name: "activation_group",
  type: { kind: "integer", min: 16, max: 256 },
  summary: "elements of an activation that share a scale, chosen at run time: 16, 32, 64, 128 or 256; simulated",
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
  summary: "elements of the input dimension that share a scale: 16, 32, 64, 128 or 256 (weight_only: 32 unless said)",
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

const storedAs: OptionSpec = {
  name: "weights",
  type: {
    kind: "choice",
    choices: [
      { name: "uint8", summary: "codes of 8 bits of one range a tensor, with a code for 0" },
      { name: "uint16", summary: "codes of 16 bits of one range a tensor, with a code for 0" },
      { name: "fp16", summary: "IEEE half precision" },
    ],
  },
  summary: "what TF.js's weight files hold (uint8 unless said)",
};

const DEFAULT_SAMPLES = 256;

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
    options: [weights, group, activations, activationGroup, method, reduceRange, precise],
    build: (name, settings) => ({
      name,
      mode: "dynamic",
      weights: weightsOf(name, settings, "per_channel"),
      activations: activationsOf(name, settings),
      method: choice(settings.method)?.name ?? "rtn",
      ...exactness(settings),
      keep: {},
    }),
  },
  {
    name: "static",
    summary: "int8 weights and activations with ranges from calibration; the fastest for convolutions",
    options: [weights, group, activations, activationGroup, calibration, samples, method, reduceRange, precise],
    build(name, settings) {
      const activations = activationsOf(name, settings);
      return {
        name,
        mode: "static",
        weights: weightsOf(name, settings, "per_channel"),
        activations,
        ...(isCalibrated(activations) ? { calibration: calibrationOf(settings) } : {}),
        method: choice(settings.method)?.name ?? "rtn",
        ...exactness(settings),
        keep: {},
      };
    },
  },
  {
    name: "weight_only",
    summary: "int8, int4 or int2 weights by groups, or fp16 ones, float activations; for large dense layers at batch 1",
    options: [weights, group, method],
    build: (name, settings) => ({
      name,
      mode: "weight_only",
      weights: weightsOf(name, settings, "group"),
      method: choice(settings.method)?.name ?? "rtn",
      keep: {},
    }),
  },
  {
    name: "given",
    summary:
      "the model as it came, quantized by another tool: its own file's integers against the float model they stand for",
    options: [],
    build: (name) => ({ name, mode: "given", keep: {} }),
  },
  {
    name: "stored",
    summary:
      "every weight as TF.js's own files store it (its converter's quantize_uint8, quantize_uint16, quantize_float16), float compute; what an export can give TF.js",
    options: [storedAs],
    build(name, settings) {
      const dtype = choice(settings.weights)?.name ?? "uint8";
      const weights = dtype === "fp16" ? { dtype } : ({ dtype, granularity: "per_tensor" } as const);
      return { name, mode: "weight_only", weights, storage: "tfjs", keep: {} };
    },
  },
];

/** The definition of a mode or of another name of {@link schemes}. */
export function schemeDefinition(mode: string): SchemeDefinition | undefined {
  return schemes.find((definition) => definition.name === mode);
}

function weightsOf(scheme: string, settings: Settings, usual: "per_channel" | "group"): WeightFormat {
  const words = phrase(settings.weights);
  const named = (list: readonly Choice[]) => list.find(({ name }) => words.includes(name))?.name;
  const symmetry = named(symmetries);
  return weightFormatOf(
    scheme,
    {
      dtype: named(weightFormats) ?? "int8",
      granularity: named(granularities) as Granularity | undefined,
      group: typeof settings.group === "number" ? settings.group : undefined,
      symmetric: symmetry === undefined ? undefined : symmetry === "symmetric",
      reduceRange: settings.reduce_range === true,
    },
    usual,
  );
}

/** Absent rather than false, so that a program that says `false` and one that says nothing are the same trial. */
function exactness(settings: Settings): Pick<Scheme, "precise"> {
  return settings.precise === true ? { precise: true } : {};
}

function activationsOf(scheme: string, settings: Settings): ActivationFormat {
  const dtype = choice(settings.activations)?.name ?? "uint8";
  const size = settings.activation_group;
  if (typeof size !== "number") return { dtype };
  if (!groupSizes.includes(size))
    fail("group-size", { scheme, group: size, known: groupSizes, option: "activation_group" });
  if (isCalibrated({ dtype })) return { dtype, group: size };
  const reason = `the scales of ${dtype} are no choice: it has its own or none`;
  return fail("scheme-conflict", {
    scheme,
    first: `activations: ${dtype}`,
    second: `activation_group: ${size}`,
    reason,
  });
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
