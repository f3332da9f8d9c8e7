import { tensorFrom } from "../../../tensor/tensor.js";
import { booleanOption, integerOption, numberOption, wordOption } from "../config.js";
import type { LayerDefinition } from "../layer.js";
import { badSizes, FLOAT, INT32, ints, scalar, single, weightConstant } from "../values.js";

/** Rows of a table [input_dim, output_dim] by index. TF.js inputs are float32; the fraction is cut off as TF.js does. */
const embedding: LayerDefinition = {
  className: "Embedding",
  mask: "passes",
  weights: () => ["embeddings"],
  lower(context, inputs) {
    const x = single(context, inputs);
    const [rows, depth] = [integerOption(context, "inputDim"), integerOption(context, "outputDim")];
    const weight = context.weight("embeddings", [rows, depth]);
    const table = weightConstant(context, "embeddings", () => weight);
    const indices = context.node("Cast", [x.name], { to: INT32 });
    const name = context.node("Gather", [table, indices], { axis: 0 });
    const masked = booleanOption(context, "maskZero", false) ? { masked: context.name } : {};
    return [{ name, shape: [...x.shape, depth], ...masked }];
  },
};

const rescaling: LayerDefinition = {
  className: "Rescaling",
  lower(context, inputs) {
    const x = single(context, inputs);
    const [scale, offset] = [numberOption(context, "scale", 1), numberOption(context, "offset", 0)];
    const scaled = context.node("Mul", [x.name, scalar(context, scale)]);
    return [{ ...x, name: offset === 0 ? scaled : context.node("Add", [scaled, scalar(context, offset)]) }];
  },
};

/** Token numbers [batch, n] to [batch, num_tokens]: which occur (multiHot, oneHot) or how often (count). */
const categoryEncoding: LayerDefinition = {
  className: "CategoryEncoding",
  lower(context, inputs) {
    const x = single(context, inputs);
    const tokens = integerOption(context, "numTokens");
    const mode = wordOption(context, "outputMode", ["multiHot", "oneHot", "count"], "multiHot");
    const [length = 0] = x.shape;
    if (x.shape.length !== 1 || (mode === "oneHot" && length !== 1)) {
      badSizes(context, inputs, mode === "oneHot" ? "oneHot needs one token a sample" : "it needs a list of tokens");
    }
    const indices = context.node("Cast", [x.name], { to: INT32 });
    const column = context.node("Unsqueeze", [indices, ints(context, [2])]);
    const numbers = context.constant(`${context.name}/const/tokens`, () =>
      tensorFrom(
        "int32",
        [tokens],
        Array.from({ length: tokens }, (_, i) => i),
      ),
    );
    const hits = context.node("Cast", [context.node("Equal", [column, numbers])], { to: FLOAT });
    const reduce = mode === "count" ? "ReduceSum" : "ReduceMax";
    const name = context.node(reduce, [hits, ints(context, [1])], { keepdims: 0 });
    return [{ name, shape: [tokens] }];
  },
};

export const encodings: readonly LayerDefinition[] = [embedding, rescaling, categoryEncoding];
