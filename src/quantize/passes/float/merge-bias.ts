import type { Graph, Node, Pass, ValueType } from "../../../ir/graph.js";
import { inferTypes } from "../../../ir/infer.js";
import { reshaped } from "../../../tensor/layout.js";
import type { Tensor } from "../../../tensor/tensor.js";
import { isPerChannel } from "./linear.js";
import { draftOf, isReadOnce, type Uses, usesOf } from "./rewrite.js";

/**
 * MatMul of rank 2 and an Add of a constant [M] become one Gemm; a convolution without bias and an Add of one constant a
 * channel become one convolution with bias. The node keeps the linear operator's name and layer and the Add's output.
 */
export const mergeBias: Pass = {
  name: "merge-bias",
  summary: "give an Add of a constant to the layer before it as its bias",
  run(graph) {
    const uses = usesOf(graph);
    const types = inferTypes(graph);
    const draft = draftOf(graph, uses);
    for (const add of graph.nodes) {
      const found = biasAdd(add, graph, uses, types);
      if (!found) continue;
      const { linear, name, bias } = found;
      const [x = "", w = ""] = linear.inputs;
      draft.change(linear, {
        opType: linear.opType === "MatMul" ? "Gemm" : linear.opType,
        inputs: [x, w, draft.store(name, bias)],
        outputs: add.outputs,
      });
      draft.drop(add);
    }
    return draft.done();
  },
};

interface BiasAdd {
  readonly linear: Node;
  /** Name of the constant operand. */
  readonly name: string;
  /** The constant as [channels]. */
  readonly bias: Tensor;
}

function biasAdd(add: Node, graph: Graph, uses: Uses, types: ReadonlyMap<string, ValueType>): BiasAdd | undefined {
  if (add.opType !== "Add") return undefined;
  const name = add.inputs.find((input) => graph.initializers.has(input)) ?? "";
  const value = add.inputs.find((input) => input !== name) ?? "";
  const linear = isReadOnce(uses, value) ? uses.producers.get(value) : undefined;
  const constant = graph.initializers.get(name);
  const shape = types.get(value)?.shape ?? [];
  if (!linear || !constant || !graph.initializers.has(linear.inputs[1] ?? "")) return undefined;
  const isDense =
    linear.opType === "MatMul" && shape.length === 2 && types.get(linear.inputs[0] ?? "")?.shape.length === 2;
  const isConv = (linear.opType === "Conv" || linear.opType === "ConvTranspose") && (linear.inputs[2] ?? "") === "";
  const channels = shape[1];
  const fits =
    (isDense || isConv) && constant.data.length === channels && isPerChannel(constant.shape, 1, shape.length);
  return fits ? { linear, name, bias: reshaped(constant, [constant.data.length]) } : undefined;
}
