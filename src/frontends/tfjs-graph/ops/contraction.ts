import { textAttribute } from "../attributes.js";
import type { Lower, OpFamily } from "../definition.js";
import { cast, refuse } from "../steps.js";

/** Products of elements summed over axes, as the equation says. Passes make a MatMul of it where it is one. */
const einsum: Lower = (context, inputs) => {
  const equation = textAttribute(context.node, "equation", "").replace(/\s/g, "");
  const dropped = droppedOperand(equation);
  if (dropped !== undefined) refuse(context, `TF.js leaves "${dropped}" out of "${equation}"; multiply by it apart`);
  const floats = inputs.map((input) => cast(context, input, "float32"));
  const product = context.emit("Einsum", floats, { equation });
  const integers = inputs.length > 0 && inputs.every(({ dtype }) => dtype !== "float32");
  return [integers ? cast(context, product, "int32") : product];
};

/**
 * The operand that TF.js 4.22 forgets: it multiplies along the axes that it sums over, so one that has none of them takes
 * no part where another has.
 */
function droppedOperand(equation: string): string | undefined {
  const [left = "", output] = equation.split("->");
  const terms = left.split(",");
  if (output === undefined || terms.length < 2) return undefined;
  const sums = (term: string) => [...term].some((axis) => axis !== "." && !output.includes(axis));
  return terms.some(sums) ? terms.find((term) => !sums(term)) : undefined;
}

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
