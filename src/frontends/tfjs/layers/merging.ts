import { fail } from "../../../base/diagnostic.js";
import { axesOption, badOption, booleanOption } from "../config.js";
import { isArray } from "../json.js";
import type { LayerContext, LayerDefinition, Value } from "../layer.js";
import { badSizes, ints, scalar, transpose } from "../values.js";

function needInputs(context: LayerContext, inputs: readonly Value[], exactly?: number): void {
  const wrong = exactly === undefined ? inputs.length < 2 : inputs.length !== exactly;
  if (!wrong) return;
  const { name: layer, className } = context;
  const expected = exactly === undefined ? "at least two inputs" : `${exactly} inputs`;
  fail("layer-input-count", { layer, className, expected, found: inputs.length });
}

/** Inputs of fewer dimensions get sizes of 1 after the batch, so that they broadcast as in Keras. */
function sameRank(context: LayerContext, inputs: readonly Value[]): Value[] {
  const rank = Math.max(...inputs.map(({ shape }) => shape.length));
  return inputs.map((value) => {
    const missing = rank - value.shape.length;
    if (missing === 0) return value;
    const axes = Array.from({ length: missing }, (_, i) => i + 1);
    const name = context.node("Unsqueeze", [value.name, ints(context, axes)]);
    return { ...value, name, shape: [...axes.map(() => 1), ...value.shape] };
  });
}

function broadcast(context: LayerContext, inputs: readonly Value[], values: readonly Value[]): number[] {
  const [head, ...rest] = values.map(({ shape }) => shape);
  return rest.reduce<number[]>(
    (a, b) =>
      a.map((size, i) => {
        const other = b[i] ?? 1;
        if (size !== other && size !== 1 && other !== 1) badSizes(context, inputs, "the sizes differ");
        return size === 1 ? other : size;
      }),
    [...(head ?? [])],
  );
}

/** The first mask among the inputs. */
function maskOf(inputs: readonly Value[]): { readonly masked?: string } {
  const masked = inputs.find((value) => value.masked !== undefined)?.masked;
  return masked === undefined ? {} : { masked };
}

function elementwise(
  className: string,
  combine: (context: LayerContext, names: readonly string[]) => string,
): LayerDefinition {
  return {
    className,
    mask: "passes",
    lower(context, inputs) {
      needInputs(context, inputs);
      const values = sameRank(context, inputs);
      const shape = broadcast(context, inputs, values);
      const names = values.map(({ name }) => name);
      return [{ name: combine(context, names), shape, ...maskOf(inputs) }];
    },
  };
}

const chain =
  (opType: string) =>
  (context: LayerContext, names: readonly string[]): string =>
    names.reduce((sum, name) => context.node(opType, [sum, name]));

const concatenate: LayerDefinition = {
  className: "Concatenate",
  mask: "passes",
  lower(context, inputs) {
    needInputs(context, inputs);
    const [head] = inputs;
    const rank = (head?.shape.length ?? 0) + 1;
    const [raw = -1] = axesOption(context, "axis", -1);
    const axis = raw < 0 ? raw + rank : raw;
    if (axis < 1 || axis >= rank) badOption(context, "axis", `an axis from 1 to ${rank - 1}`);
    const fits = inputs.every(
      ({ shape }) => shape.length === rank - 1 && shape.every((size, i) => i === axis - 1 || size === head?.shape[i]),
    );
    if (!fits) badSizes(context, inputs, `sizes may differ along axis ${axis} alone`);
    const total = inputs.reduce((sum, { shape }) => sum + (shape[axis - 1] ?? 0), 0);
    const shape = (head?.shape ?? []).map((size, i) => (i === axis - 1 ? total : size));
    const names = inputs.map(({ name }) => name);
    return [{ name: context.node("Concat", names, { axis }), shape, ...maskOf(inputs) }];
  },
};

/** `x / sqrt(max(sum(x^2), 1e-7))` along one axis, which counts the batch. */
function normalized(context: LayerContext, value: Value, axis: number): Value {
  const square = context.node("Mul", [value.name, value.name]);
  const sum = context.node("ReduceSum", [square, ints(context, [axis])], { keepdims: 1 });
  const norm = context.node("Sqrt", [context.node("Max", [sum, scalar(context, 1e-7)])]);
  return { ...value, name: context.node("Div", [value.name, norm]) };
}

/** As a matrix for each sample, with the contracted axis last (`x`) or first (`y`); vectors get a dimension of 1. */
function asMatrix(context: LayerContext, value: Value, axis: number, contractLast: boolean): Value {
  if (value.shape.length === 1) {
    const at = contractLast ? 1 : 2;
    const name = context.node("Unsqueeze", [value.name, ints(context, [at])]);
    const [size = 0] = value.shape;
    return { name, shape: contractLast ? [1, size] : [size, 1] };
  }
  const there = contractLast ? 2 : 1;
  return axis === there ? value : transpose(context, value, [0, 2, 1]);
}

/** Products of two tensors summed over one axis of each, sample by sample. */
const dot: LayerDefinition = {
  className: "Dot",
  lower(context, inputs) {
    needInputs(context, inputs, 2);
    const [a, b] = inputs;
    if (a === undefined || b === undefined) return [];
    if ([a, b].some(({ shape }) => shape.length < 1 || shape.length > 2)) {
      badSizes(context, inputs, "it takes one or two dimensions without the batch");
    }
    const raw = axesOption(context, "axes", -1);
    const both = isArray(context.config.axes) ? raw : [raw[0] ?? -1, raw[0] ?? -1];
    const [axisA = 1, axisB = 1] = [a, b].map(({ shape }, i) => {
      const axis = both[i] ?? -1;
      return axis < 0 ? axis + shape.length + 1 : axis;
    });
    const [sizeA, sizeB] = [a.shape[axisA - 1], b.shape[axisB - 1]];
    if (sizeA === undefined || sizeB === undefined) badOption(context, "axes", "axes of the two inputs");
    if (sizeA !== sizeB) badSizes(context, inputs, "the sizes along the axes differ");
    const unit = booleanOption(context, "normalize", false);
    const [left, right] = unit ? [normalized(context, a, axisA), normalized(context, b, axisB)] : [a, b];
    const x = asMatrix(context, left, axisA, true);
    const y = asMatrix(context, right, axisB, false);
    const product = context.node("MatMul", [x.name, y.name]);
    const full = [x.shape[0] ?? 1, y.shape[1] ?? 1];
    // The dimensions that vectors were given go again; one always stays.
    const gone = [a.shape.length === 1 ? 1 : 0, b.shape.length === 1 ? 2 : 0].filter((axis) => axis > 0);
    if (gone.length === 0) return [{ name: product, shape: full }];
    const axes = gone.length === 2 ? [2] : gone;
    const name = context.node("Squeeze", [product, ints(context, axes)]);
    return [{ name, shape: full.filter((_, i) => !axes.includes(i + 1)) }];
  },
};

export const merges: readonly LayerDefinition[] = [
  elementwise("Add", chain("Add")),
  elementwise("Multiply", chain("Mul")),
  elementwise("Average", (context, names) =>
    context.node("Mul", [chain("Add")(context, names), scalar(context, 1 / names.length)]),
  ),
  elementwise("Maximum", chain("Max")),
  elementwise("Minimum", chain("Min")),
  concatenate,
  dot,
];
