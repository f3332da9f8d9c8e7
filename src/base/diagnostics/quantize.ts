import type { WordingOf } from "./wording.js";

/** Facts about schemes, calibration and quantized weights. */
export interface QuantizeFacts {
  "scheme-conflict": {
    readonly scheme: string;
    readonly first: string;
    readonly second: string;
    readonly reason: string;
  };
  /** `option`: the option that says so, where it is not "group". */
  "group-size": {
    readonly scheme: string;
    readonly group: number;
    readonly known: readonly number[];
    readonly option?: string;
  };
  "activation-not-finite": { readonly value: string; readonly layer?: string; readonly sample: number };
  "weight-not-finite": { readonly weight: string; readonly layer?: string; readonly index: number };
  "calibration-empty": { readonly scheme: string };
  /** Calibration samples that are in the test split too; `first` as rows of the data, from 0: [calibration, test]. */
  "calibration-leak": {
    readonly leaked: number;
    readonly samples: number;
    readonly first: readonly (readonly [number, number])[];
  };
  "calibration-one-sample": { readonly schemes: readonly string[] };
  "calibration-classes": { readonly samples: number; readonly missing: readonly string[]; readonly total: number };
  "test-classes": { readonly data: string; readonly missing: readonly string[]; readonly total: number };
}

export const quantizeWording: WordingOf<QuantizeFacts> = {
  "scheme-conflict": ({ scheme, first, second, reason }) => ({
    message: `"${scheme}" says both \`${first}\` and \`${second}\`: ${reason}`,
    hint: `keep one of the two`,
  }),
  "group-size": ({ scheme, group, known, option = "group" }) => {
    const nearest = known.reduce((a, b) => (Math.abs(b - group) < Math.abs(a - group) ? b : a));
    return {
      message: `"${scheme}" has ${option} ${group}; groups have ${known.slice(0, -1).join(", ")} or ${known.at(-1)} elements, as onnxruntime's kernel has them`,
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
  "calibration-leak": ({ leaked, samples, first }) => ({
    message: `calibration leak: ${leaked} of ${samples} calibration samples ${leaked === 1 ? "is" : "are"} in the test split too (${rows(first, leaked)})`,
    hint: "accuracy measured on samples that calibration saw says too much: remove repeated samples from the data",
  }),
  "calibration-one-sample": ({ schemes }) => ({
    message: `${schemes.map((name) => `"${name}"`).join(" and ")} ${schemes.length === 1 ? "is" : "are"} calibrated with one sample: every range is what that sample shows`,
    hint: "ranges settle with some hundred samples; `samples` is 256 unless given",
  }),
  "calibration-classes": ({ samples, missing, total }) => ({
    message: `the ${samples} calibration samples have none of ${classes(missing)} (of ${total} classes)`,
    hint: "raise `samples`, or give the data more samples of these classes",
  }),
  "test-classes": ({ data, missing, total }) => ({
    message: `the test split of "${data}" has no sample of ${classes(missing)} (of ${total} classes): accuracy says nothing of them`,
    hint: "a larger test share, or more data, measures them",
  }),
};

/** Rows are counted from 0: `row 12 = test row 340`. */
function rows(first: readonly (readonly [number, number])[], leaked: number): string {
  const shown = first.map(([calibration, test]) => `row ${calibration} = test row ${test}`);
  return [...shown, ...(leaked > shown.length ? ["..."] : [])].join(", ");
}

const MOST_CLASSES = 5;

function classes(missing: readonly string[]): string {
  const shown = missing.slice(0, MOST_CLASSES).map((name) => `"${name}"`);
  const more = missing.length - shown.length;
  return `${missing.length === 1 ? "class" : "classes"} ${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
