import type { WordingOf } from "./wording.js";

/** Facts about schemes, calibration and quantized weights. */
export interface QuantizeFacts {
  "scheme-conflict": {
    readonly scheme: string;
    readonly first: string;
    readonly second: string;
    readonly reason: string;
  };
  "group-size": { readonly scheme: string; readonly group: number; readonly known: readonly number[] };
  "activation-not-finite": { readonly value: string; readonly layer?: string; readonly sample: number };
  "weight-not-finite": { readonly weight: string; readonly layer?: string; readonly index: number };
  "calibration-empty": { readonly scheme: string };
}

export const quantizeWording: WordingOf<QuantizeFacts> = {
  "scheme-conflict": ({ scheme, first, second, reason }) => ({
    message: `"${scheme}" says both \`${first}\` and \`${second}\`: ${reason}`,
    hint: `keep one of the two`,
  }),
  "group-size": ({ scheme, group, known }) => {
    const nearest = known.reduce((a, b) => (Math.abs(b - group) < Math.abs(a - group) ? b : a));
    return {
      message: `"${scheme}" has group ${group}; onnxruntime's kernel takes groups of ${known.join(", ")}`,
      hint: `the nearest is ${nearest}; 32, 64 and 128 are usual`,
    };
  },
  "activation-not-finite": ({ value, layer, sample }) => ({
    message: `calibration saw NaN or infinity in "${value}"${layer ? ` (layer "${layer}")` : ""} at sample ${sample}`,
    hint: "look for NaN in the data and the weights; an exploding layer can be left in float with `keep layers ... at fp32`",
  }),
  "weight-not-finite": ({ weight, layer, index }) => ({
    message: `weight "${weight}"${layer ? ` of layer "${layer}"` : ""} is NaN or infinite at element ${index}`,
    hint: "the model file is damaged or its training diverged; save the model again",
  }),
  "calibration-empty": ({ scheme }) => ({
    message: `"${scheme}" needs calibration, and no sample was shown to it`,
    hint: "give the data a training split with at least one sample",
  }),
};
