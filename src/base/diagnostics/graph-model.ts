import { listed, type WordingOf } from "./wording.js";

/** A node of the user's graph and its operator. */
interface NodeFacts {
  readonly node: string;
  readonly op: string;
}

/** Facts about TF.js graph-models. Shapes are texts, for sizes may be open: "[batch, 8, 8, 16]". */
export interface GraphModelFacts {
  "graph-op-unknown": NodeFacts & { readonly nearest?: string };
  /** `reason` says what stands in the way and, where possible, what to do. */
  "graph-op-unsupported": NodeFacts & { readonly reason: string };
  "graph-op-inputs": NodeFacts & { readonly shapes: readonly string[]; readonly problem: string };
  "graph-attribute": NodeFacts & { readonly attribute: string; readonly expected: string; readonly found: string };
  "graph-input-missing": { readonly node: string; readonly input: string; readonly nearest?: string };
  "graph-node-duplicate": { readonly node: string };
  "graph-cycle": { readonly nodes: readonly string[] };
  "graph-weight-missing": { readonly node: string; readonly nearest?: string };
  "graph-too-many-nodes": { readonly node: string; readonly limit: number };
  /** Where a graph is cut: the nodes that TF.js alone runs, and the outputs of what is in front of them. */
  "graph-cut": {
    readonly cuts: readonly (NodeFacts & { readonly reason: string })[];
    readonly outputs: readonly string[];
  };
  "graph-all-tail": { readonly cuts: readonly (NodeFacts & { readonly reason: string })[] };
  "graph-batch-fixed": { readonly batch: number; readonly reason: string };
}

const nodeOf = ({ node, op }: NodeFacts): string => `node "${node}" (${op})`;
const maybe = (nearest: string | undefined): { hint?: string } =>
  nearest === undefined ? {} : { hint: `did you mean "${nearest}"?` };
const reexport = "convert the model again with tensorflowjs_converter";

export const graphModelWording: WordingOf<GraphModelFacts> = {
  "graph-op-unknown": (facts) => ({
    message: `${nodeOf(facts)} cannot be read: no operator of TF.js is called ${facts.op}`,
    hint:
      facts.nearest === undefined
        ? "operators of one's own (registerOp) are not lowered; export the model up to this node, and run the rest in TF.js"
        : `did you mean "${facts.nearest}"?`,
  }),
  "graph-op-unsupported": (facts) => ({ message: `${nodeOf(facts)} cannot be lowered: ${facts.reason}` }),
  "graph-op-inputs": (facts) => ({
    message: `${nodeOf(facts)} does not fit its inputs ${facts.shapes.slice(0, 6).join(", ")}: ${facts.problem}`,
  }),
  "graph-attribute": (facts) => ({
    message: `${facts.attribute} of ${nodeOf(facts)} must be ${facts.expected}, and is ${facts.found}`,
    hint: reexport,
  }),
  "graph-input-missing": ({ node, input, nearest }) => ({
    message: `node "${node}" reads "${input}", which the model does not have`,
    ...maybe(nearest),
  }),
  "graph-node-duplicate": ({ node }) => ({ message: `two nodes of one graph are called "${node}"` }),
  "graph-cycle": ({ nodes }) => ({
    message: `the nodes ${listed(nodes, 6)} wait for one another, so none can be computed`,
    hint: reexport,
  }),
  "graph-weight-missing": ({ node, nearest }) => ({
    message: `the value of "${node}" is neither in the weight files nor in the graph`,
    ...maybe(nearest),
  }),
  "graph-too-many-nodes": ({ node, limit }) => ({
    message: `"${node}" unrolls to more than ${limit.toLocaleString("en-US")} nodes`,
    hint: "give the model a shorter sequence, or export it without the loop",
  }),
  "graph-cut": ({ cuts, outputs }) => ({
    message: `${cutList(cuts)}; everything before is measured, with the outputs ${listed(outputs, 6)}`,
    hint: "TF.js runs the rest, which no figure covers; parity is checked on these outputs",
  }),
  "graph-all-tail": ({ cuts }) => ({
    message: `nothing of the model is left to measure: ${cutList(cuts)}`,
    hint: "export the model without these nodes, or give it an input_shape",
  }),
  "graph-batch-fixed": ({ batch, reason }) => ({
    message: `the model takes batches of ${batch} alone, and experiments need an open batch: ${reason}`,
    hint: "export the model with its batch left open (the first size of its input shape null)",
  }),
};

/** At most four nodes, and what stands in the way of each kind. */
function cutList(cuts: GraphModelFacts["graph-cut"]["cuts"]): string {
  const more = cuts.length > 4 ? ` and ${cuts.length - 4} more` : "";
  const reasons = [...new Set(cuts.map(({ reason }) => reason))].slice(0, 3).join("; ");
  const nodes = cuts.slice(0, 4).map(nodeOf).join(", ");
  return `${nodes}${more} ${cuts.length === 1 ? "is" : "are"} run by TF.js alone: ${reasons}`;
}
