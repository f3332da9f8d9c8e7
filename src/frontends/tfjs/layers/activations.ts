import { activate, activationOption } from "../activation.js";
import { axesOption, differing, numberOption, unsupportedOption } from "../config.js";
import type { LayerDefinition } from "../layer.js";
import { FLOAT, ints, reshape, scalar, single } from "../values.js";

/** The activation layers of TF.js; the functions themselves are in `activation.ts`. */
export const activations: readonly LayerDefinition[] = [
  {
    className: "Activation",
    mask: "passes",
    lower: (context, inputs) => [activate(context, single(context, inputs), activationOption(context))],
  },
  {
    className: "ReLU",
    mask: "passes",
    // tfjs-layers reads `maxValue` alone.
    ignored: (site) => differing(site, { negativeSlope: 0, threshold: 0 }),
    lower(context, inputs) {
      const x = single(context, inputs);
      const open = context.config.maxValue === undefined || context.config.maxValue === null;
      if (open) return [activate(context, x, "relu")];
      const most = scalar(context, numberOption(context, "maxValue", 0));
      return [{ ...x, name: context.node("Clip", [x.name, scalar(context, 0), most]) }];
    },
  },
  {
    className: "LeakyReLU",
    lower(context, inputs) {
      const x = single(context, inputs);
      const alpha = numberOption(context, "alpha", 0.3);
      return [{ ...x, name: context.node("LeakyRelu", [x.name], { alpha }) }];
    },
  },
  {
    className: "ELU",
    lower(context, inputs) {
      const x = single(context, inputs);
      return [{ ...x, name: context.node("Elu", [x.name], { alpha: numberOption(context, "alpha", 1) }) }];
    },
  },
  {
    className: "ThresholdedReLU",
    lower(context, inputs) {
      const x = single(context, inputs);
      const alpha = numberOption(context, "theta", 1);
      return [{ ...x, name: context.node("ThresholdedRelu", [x.name], { alpha }) }];
    },
  },
  {
    className: "Softmax",
    mask: "reads",
    lower(context, inputs) {
      const x = single(context, inputs);
      const rank = x.shape.length + 1;
      const axes = axesOption(context, "axis", -1).map((axis) => (axis < 0 ? axis + rank : axis));
      const [axis = rank - 1] = axes;
      if (axes.length === 1) return [{ ...x, name: context.node("Softmax", [x.name], { axis }) }];
      // Over all of the last dimensions at once: TF.js computes exp(x - logsumexp(x, axes)).
      const trailing = axes.every((each, i) => each === rank - axes.length + i);
      if (!trailing) unsupportedOption(context, "axis", "several axes must be the last ones, in ascending order");
      const kept = x.shape.slice(0, axis - 1);
      const flat = reshape(context, x, [...kept, x.shape.slice(axis - 1).reduce((a, b) => a * b, 1)]);
      const name = context.node("Softmax", [flat.name], { axis: -1 });
      return [reshape(context, { ...flat, name }, x.shape)];
    },
  },
];

/** Layers that do something in training alone. */
export const trainingOnly: readonly LayerDefinition[] = [
  "Dropout",
  "SpatialDropout1D",
  "SpatialDropout2D",
  "GaussianNoise",
  "GaussianDropout",
  "AlphaDropout",
  "ActivityRegularization",
].map((className) => ({
  className,
  mask: "passes",
  lower: (context, inputs) => [single(context, inputs)],
}));

/** Zeros at the time steps whose features all equal `mask_value`; what follows must not skip them. */
export const masking: LayerDefinition = {
  className: "Masking",
  mask: "passes",
  lower(context, inputs) {
    const x = single(context, inputs);
    const same = context.node("Equal", [x.name, scalar(context, numberOption(context, "maskValue", 0))]);
    const differs = context.node("Cast", [context.node("Not", [same])], { to: FLOAT });
    const keep = context.node("ReduceMax", [differs, ints(context, [-1])], { keepdims: 1 });
    return [{ ...x, name: context.node("Mul", [x.name, keep]), masked: context.name }];
  },
};
