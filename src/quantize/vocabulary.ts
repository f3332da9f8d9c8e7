import type { Choice } from "../base/option.js";
import { formats } from "../tensor/formats.js";
import { scaleKindOf } from "../tensor/store.js";

/** Where a format of weights has a kernel; formats that are not named here are simulated everywhere. */
const executes: Readonly<Record<string, string>> = {
  int8: "executes",
  int4: "executes with weight_only by groups",
  int2: "executes with weight_only by groups",
  fp16: "executes with weight_only",
};

/** A shared exponent alone is no format for values, but the scale of others. */
const valued = formats.filter(({ name }) => name !== "e8m0");

/** Formats of weights that a program can name, from the number formats of `tensor`; what executes comes first. */
export const weightFormats: readonly Choice[] = [
  ...Object.keys(executes).flatMap((name) => valued.filter((format) => format.name === name)),
  ...valued.filter(({ name }) => !Object.hasOwn(executes, name)),
].map(({ name, summary }) => ({ name, summary: `${summary}; ${executes[name] ?? "simulated"}` }));

/** Weights alone are stored in these: their codes are chosen with more work than a run can afford. */
const forWeightsAlone = new Set(["nf4", "q4_0", "q8_0", "q4_k"]);

/** Formats of activations that a program can name. */
export const activationFormats: readonly Choice[] = [
  { name: "uint8", summary: "8-bit codes with a zero point; executes" },
  ...valued
    .filter(({ name }) => name !== "uint8" && !forWeightsAlone.has(name))
    .map(({ name, summary }) => ({ name, summary: `${summary}; simulated` })),
];

/** What a `keep` rule can leave a layer at. */
export const precisions: readonly Choice[] = [
  { name: "fp32", summary: "leave the layer in float" },
  ...weightFormats.map(({ name, summary }) => ({ name, summary: `weights as ${summary}` })),
];

/** Sizes of a group that onnxruntime's MatMulNBits takes. */
export const groupSizes: readonly number[] = [16, 32, 64, 128, 256];

export const granularities: readonly Choice[] = [
  { name: "per_channel", summary: "one scale for each output channel" },
  { name: "per_tensor", summary: "one scale for the whole weight" },
];

export const symmetries: readonly Choice[] = [
  { name: "symmetric", summary: "0 in the middle of the codes; what signed integers are, and all that executes" },
  { name: "asymmetric", summary: "codes for the range from smallest to largest, with a zero point; simulated" },
];

/** Whether a range from calibration gives the scale of activations in a format: integers and low-bit floats without groups. */
export function isCalibrated({ dtype, group }: { readonly dtype: string; readonly group?: number }): boolean {
  const format = valued.find(({ name }) => name === dtype);
  return format !== undefined && group === undefined && scaleKindOf(format) === "given";
}
