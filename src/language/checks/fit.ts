import { diagnostic } from "../../base/diagnostic.js";
import type { SplitSetting } from "../../base/option.js";
import { defaultSplit } from "../../datasets/dataset.js";
import type { ModelReference } from "../../plan/plan.js";
import type { Checker } from "../checker.js";
import type { Use } from "../syntax/ast.js";
import type { CheckedData, CheckedModel } from "./sources.js";

/**
 * The model's inputs against what the data gives. A model that leaves its one input's shape open takes the data's.
 * @returns the model's reference, with the input shape where it was open
 */
export function checkFit(model: CheckedModel, data: CheckedData, use: Use, checker: Checker): ModelReference {
  const { reference, description } = model;
  const given = data.description.inputShapes;
  const { inputs } = description;
  const [names, span] = [{ model: reference.name, data: data.reference.name }, use.target.span];
  const report = checker.report;
  if (given && given.length !== inputs.length) {
    const facts = { ...names, inputs: inputs.map(({ name }) => name), given: given.length };
    report(diagnostic("input-count-mismatch", facts, { span }));
    return reference;
  }
  if (reference.inputShape && inputs.length > 1) {
    report(diagnostic("model-input-several", { inputs: inputs.map(({ name }) => name) }, { span: model.span }));
  }
  let shape = reference.inputShape;
  let { layout } = reference;
  inputs.forEach((input, i) => {
    const own = i === 0 && reference.inputShape && inputs.length === 1 ? reference.inputShape : input.shape;
    const offered = given?.[i];
    const open = own.some((size) => size === null);
    if (offered && !fits(own, offered) && inputs.length === 1 && fitsMoved(reference, own, offered)) {
      layout = "channels_last";
      if (open || shape) shape = offered;
      report(
        diagnostic(
          "channels-moved",
          { model: reference.name, wanted: own, given: offered },
          { span, severity: "note" },
        ),
      );
    } else if (offered && !fits(own, offered)) {
      report(diagnostic("shape-mismatch", { ...names, input: input.name, wanted: own, given: offered }, { span }));
    } else if (open && offered && inputs.length === 1) {
      shape = offered;
    } else if (open && !offered) {
      const facts = { model: reference.name, input: input.name, shape: own };
      report(diagnostic("open-input-shape", facts, { span: model.span }));
    }
  });
  return { ...reference, ...(shape === undefined ? {} : { inputShape: shape }), ...(layout ? { layout } : {}) };
}

/** Whether samples [height, width, channels] fit a model that takes [channels, height, width], and only so. */
function fitsMoved(
  { format, layout }: ModelReference,
  [channels = null, ...plane]: readonly (number | null)[],
  given: readonly number[],
): boolean {
  return format === "onnx" && layout === undefined && plane.length > 0 && fits([...plane, channels], given);
}

function fits(wanted: readonly (number | null)[], given: readonly number[]): boolean {
  return wanted.length === given.length && wanted.every((size, i) => size === null || size === given[i]);
}

/** The split of a data set, the default where it says none. */
export function splitOf({ reference }: CheckedData): SplitSetting {
  return (reference.settings.split as SplitSetting | undefined) ?? defaultSplit;
}

/** Samples to calibrate with; undefined where only reading all of the data would tell. */
export function trainSizeOf(data: CheckedData): number | undefined {
  const { trainSize, size } = data.description;
  const { train } = splitOf(data);
  if (trainSize !== undefined) return trainSize;
  if (train === 0) return 0;
  return size === undefined ? undefined : Math.round(size * train);
}
