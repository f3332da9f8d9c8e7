import { textAttribute } from "../attributes.js";
import type { Lower, OpFamily } from "../definition.js";
import { cast } from "../steps.js";

/** Products of elements summed over axes, as the equation says. Passes make a MatMul of it where it is one. */
const einsum: Lower = (context, inputs) => {
  const equation = textAttribute(context.node, "equation", "").replace(/\s/g, "");
  const floats = inputs.map((input) => cast(context, input, "float32"));
  const product = context.emit("Einsum", floats, { equation });
  const integers = inputs.length > 0 && inputs.every(({ dtype }) => dtype !== "float32");
  return [integers ? cast(context, product, "int32") : product];
};

/** Contractions by equation. */
export const contractions: OpFamily = {
  family: "contraction",
  ops: [
    {
      op: "Einsum",
      summary: "products summed over the axes that an equation names",
      support: "lowered",
      quantizable: true,
      lower: einsum,
    },
  ],
};
