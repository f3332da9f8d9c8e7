import { reshaped } from "../../../tensor/layout.js";
import { axesOption, badOption, booleanOption, numberOption, unsupportedOption } from "../config.js";
import type { LayerContext, LayerDefinition, LayerSite, Value } from "../layer.js";
import { filled, single, transpose, weightConstant } from "../values.js";

/** Keras's default, also TF.js's; far from ONNX's 1e-5. */
const EPSILON = 1e-3;

function scaleAndCenter(site: LayerSite): string[] {
  return [
    ...(booleanOption(site, "scale", true) ? ["gamma"] : []),
    ...(booleanOption(site, "center", true) ? ["beta"] : []),
  ];
}

/** Axes of the layer without the batch, counted from 0, in ascending order. */
function axesWithoutBatch(context: LayerContext, value: Value): number[] {
  const rank = value.shape.length + 1;
  const axes = axesOption(context, "axis", -1).map((axis) => (axis < 0 ? axis + rank : axis) - 1);
  const legal = axes.every((axis, i) => axis >= 0 && axis < rank - 1 && (i === 0 || axis > (axes[i - 1] ?? 0)));
  return legal ? axes : badOption(context, "axis", `axes from 1 to ${rank - 1}, in ascending order`);
}

/** The weight as an initializer, or one of `value`s under its name where the layer has none. */
function parameter(context: LayerContext, variable: string, shape: readonly number[], value?: number): string {
  if (value !== undefined) return context.constant(`${context.name}/${variable}`, () => filled(shape, value));
  const weight = context.weight(variable, shape);
  return weightConstant(context, variable, () => weight);
}

/** `(x - moving_mean) / sqrt(moving_variance + epsilon) * gamma + beta`, one value of each for a channel of `axis`. */
export const batchNormalization: LayerDefinition = {
  className: "BatchNormalization",
  mask: "passes",
  weights: (site) => [...scaleAndCenter(site), "moving_mean", "moving_variance"],
  lower(context, inputs) {
    const x = single(context, inputs);
    const [axis = 0, ...more] = axesWithoutBatch(context, x);
    if (more.length > 0) unsupportedOption(context, "axis", "batch normalization over several axes has no kernel");
    const shape = [x.shape[axis] ?? 0];
    const others = [...x.shape.keys()].filter((other) => other !== axis);
    const forth = [0, axis + 1, ...others.map((other) => other + 1)];
    const back = forth.map((_, i) => forth.indexOf(i));
    const first = transpose(context, x, forth);
    const operands = [
      parameter(context, "gamma", shape, booleanOption(context, "scale", true) ? undefined : 1),
      parameter(context, "beta", shape, booleanOption(context, "center", true) ? undefined : 0),
      parameter(context, "moving_mean", shape),
      parameter(context, "moving_variance", shape),
    ];
    const epsilon = numberOption(context, "epsilon", EPSILON);
    const name = context.node("BatchNormalization", [first.name, ...operands], { epsilon });
    return [transpose(context, { ...first, name }, back)];
  },
};

/** Mean 0 and variance 1 over `axis`, then `* gamma + beta`, which have the sizes of those axes. */
export const layerNormalization: LayerDefinition = {
  className: "LayerNormalization",
  mask: "passes",
  weights: scaleAndCenter,
  lower(context, inputs) {
    const x = single(context, inputs);
    const axes = axesWithoutBatch(context, x);
    const shape = axes.map((axis) => x.shape[axis] ?? 0);
    const others = [...x.shape.keys()].filter((axis) => !axes.includes(axis));
    const forth = [0, ...others.map((axis) => axis + 1), ...axes.map((axis) => axis + 1)];
    const back = forth.map((_, i) => forth.indexOf(i));
    const last = transpose(context, x, forth);
    const scale = parameter(context, "gamma", shape, booleanOption(context, "scale", true) ? undefined : 1);
    const bias = booleanOption(context, "center", true) ? [parameter(context, "beta", shape)] : [];
    const attributes = { axis: -axes.length, epsilon: numberOption(context, "epsilon", EPSILON) };
    const name = context.node("LayerNormalization", [last.name, scale, ...bias], attributes);
    return [transpose(context, { ...last, name }, back)];
  },
};

/** One factor for each element of the layer's input, or for each channel where `shared_axes` says so; below zero only. */
export const prelu: LayerDefinition = {
  className: "PReLU",
  mask: "passes",
  weights: () => ["alpha"],
  lower(context, inputs) {
    const x = single(context, inputs);
    const shared = context.config.sharedAxes === undefined || context.config.sharedAxes === null;
    const axes = shared ? [] : axesOption(context, "sharedAxes", 0);
    const shape = x.shape.map((size, i) => (axes.includes(i + 1) ? 1 : size));
    const weight = context.weight("alpha", shape);
    // Slopes of one channel each are what convolutions are followed by; with channels first they stay next to them.
    const perChannel = x.shape.length === 3 && shape[0] === 1 && shape[1] === 1;
    if (!perChannel) {
      const slope = weightConstant(context, "alpha", () => weight);
      return [{ ...x, name: context.node("PRelu", [x.name, slope]) }];
    }
    const slope = weightConstant(context, "alpha", () => reshaped(weight, [shape[2] ?? 1, 1, 1]));
    const first = transpose(context, x, [0, 3, 1, 2]);
    const name = context.node("PRelu", [first.name, slope]);
    return [transpose(context, { ...first, name }, [0, 2, 3, 1])];
  },
};
