import { activate, activationOption } from "../activation.js";
import { booleanOption, integerOption } from "../config.js";
import type { LayerDefinition } from "../layer.js";
import { badSizes, single, weightConstant } from "../values.js";

/** `activation(x · kernel + bias)` over the last dimension; kernel [in, units]. Gemm on rank 2, else MatMul and Add. */
export const dense: LayerDefinition = {
  className: "Dense",
  quantizable: true,
  mask: "passes",
  weights: (site) => (booleanOption(site, "useBias", true) ? ["kernel", "bias"] : ["kernel"]),
  lower(context, inputs) {
    const x = single(context, inputs);
    const units = integerOption(context, "units");
    const depth = x.shape.at(-1);
    if (depth === undefined) return badSizes(context, inputs, "it needs at least one dimension without the batch");
    const shape = [...x.shape.slice(0, -1), units];
    const kernelWeight = context.weight("kernel", [depth, units]);
    const kernel = weightConstant(context, "kernel", () => kernelWeight);
    const operands = [x.name, kernel];
    let name: string;
    if (booleanOption(context, "useBias", true)) {
      const biasWeight = context.weight("bias", [units]);
      const bias = weightConstant(context, "bias", () => biasWeight);
      name =
        shape.length === 1
          ? context.node("Gemm", [...operands, bias])
          : context.node("Add", [context.node("MatMul", operands), bias]);
    } else {
      name = context.node(shape.length === 1 ? "Gemm" : "MatMul", operands);
    }
    return [activate(context, { ...x, name, shape }, activationOption(context))];
  },
};
