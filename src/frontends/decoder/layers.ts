import { tensor, tensorFrom } from "../../tensor/tensor.js";
import { badOption, integerOption, numberOption } from "../tfjs/config.js";
import type { LayerContext, LayerDefinition, Value } from "../tfjs/layer.js";
import { badSizes, INT32, ints, pair, single, weightConstant } from "../tfjs/values.js";
import { headStep, rotaryTable } from "./rotary-table.js";

/** How the layers of `engines/decoder-layers.ts` become IR nodes. */

/** Causal attention as one node, which can have a cache; see `decode.ts`. */
const causalSelfAttention: LayerDefinition = {
  className: "CausalSelfAttention",
  lower(context, inputs) {
    const [query, key, value] = inputs;
    if (!query || !key || !value || inputs.length !== 3)
      return badSizes(context, inputs, "it needs queries, keys, values");
    const [steps, width] = pair(context, query);
    const heads = integerOption(context, "heads");
    const keyHeads = integerOption(context, "kvHeads", heads);
    const size = width / heads;
    const step = headStep(context.config.rotaryBase !== null && context.config.rotaryBase !== undefined);
    if (!Number.isInteger(size) || size % step !== 0) {
      return badSizes(context, inputs, `${width} is not ${heads} heads of a multiple of ${step} elements`);
    }
    if (heads % keyHeads !== 0) return badOption(context, "kvHeads", `a number that divides ${heads}`);
    for (const each of [key, value]) {
      const [rows, columns] = pair(context, each);
      const fits = rows === steps && columns === keyHeads * size;
      if (!fits) return badSizes(context, inputs, `keys and values must be [${steps}, ${keyHeads * size}]`);
    }
    const base = context.config.rotaryBase ?? null;
    const tables = base === null ? [] : tablesOf(context, steps, size, numberOption(context, "rotaryBase", 0));
    const total = context.constant(`decoder/steps_${steps}`, () => tensorFrom("int32", [], [steps]));
    const operands = [query.name, key.name, value.name, "", "", lastSteps(context, query, steps), total, ...tables];
    const attributes = { num_heads: heads, kv_num_heads: keyHeads, do_rotary: base === null ? 0 : 1 };
    return [{ ...query, name: context.node("GroupQueryAttention", operands, attributes) }];
  },
};

/** int32 [batch], each the last step: the first element of each sample, the place of the largest of that one, 0, and the rest. */
function lastSteps(context: LayerContext, like: Value, steps: number): string {
  const corner = context.node("Slice", [
    like.name,
    ints(context, [0, 0]),
    ints(context, [1, 1]),
    ints(context, [1, 2]),
  ]);
  const column = context.node("Reshape", [corner, ints(context, [-1, 1])]);
  const zeros = context.node("Cast", [context.node("ArgMax", [column], { axis: 1, keepdims: 0 })], { to: INT32 });
  const last = context.constant(`decoder/last_${steps - 1}`, () => tensorFrom("int32", [], [steps - 1]));
  return context.node("Add", [zeros, last]);
}

function tablesOf(context: LayerContext, steps: number, size: number, base: number): string[] {
  if (!(base > 1)) badOption(context, "rotaryBase", "a number above 1, or null");
  const name = `decoder/rotary_${steps}_${size}_${base}`;
  return [
    context.constant(`${name}/cos`, () => rotaryTable(steps, size, base).cos),
    context.constant(`${name}/sin`, () => rotaryTable(steps, size, base).sin),
  ];
}

/** Adds the first rows of a table [positions, width] to the steps. */
const positionEmbedding: LayerDefinition = {
  className: "PositionEmbedding",
  weights: () => ["embeddings"],
  lower(context, inputs) {
    const x = single(context, inputs);
    const [steps, width] = pair(context, x);
    const positions = integerOption(context, "positions");
    if (steps > positions) return badSizes(context, inputs, `it knows ${positions} positions`);
    const weight = context.weight("embeddings", [positions, width]);
    const rows = weightConstant(context, "embeddings", () =>
      tensor("float32", [steps, width], weight.data.slice(0, steps * width)),
    );
    return [{ ...x, name: context.node("Add", [x.name, rows]) }];
  },
};

/** `x / sqrt(mean(x^2) + epsilon) * gamma` over the last dimension. */
const rmsNormalization: LayerDefinition = {
  className: "RMSNormalization",
  mask: "passes",
  weights: () => ["gamma"],
  lower(context, inputs) {
    const x = single(context, inputs);
    const weight = context.weight("gamma", [x.shape.at(-1) ?? 0]);
    const gamma = weightConstant(context, "gamma", () => weight);
    const attributes = { axis: -1, epsilon: numberOption(context, "epsilon", 1e-6) };
    return [{ ...x, name: context.node("SimplifiedLayerNormalization", [x.name, gamma], attributes) }];
  },
};

export const decoderDefinitions: readonly LayerDefinition[] = [
  causalSelfAttention,
  positionEmbedding,
  rmsNormalization,
];
