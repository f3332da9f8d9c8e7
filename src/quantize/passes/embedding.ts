import type { Graph, Node } from "../../ir/graph.js";
import { reshaped } from "../../tensor/layout.js";
import { checkFinite, groupFor, packRows, quantizeRows, suffix } from "../weights.js";
import { isFloat } from "./dense.js";
import type { Rewrite } from "./rewrite.js";
import { SMALLEST_WEIGHT, storeScales } from "./stored-weights.js";

/**
 * An embedding, a Gather of rows of a constant table [rows, width], as GatherBlockQuantized: the table stays codes by
 * groups along a row in memory, too, and only the rows that are asked for are decoded. The codes are those that a stored
 * weight has, so both read back to the same numbers.
 * @returns undefined for what is no such embedding, and for a width that is no multiple of the group
 */
export function blockEmbedding(
  node: Node,
  graph: Graph,
  { bits, group }: { readonly bits: 2 | 4 | 8; readonly group: number },
  rewrite: Rewrite,
): Node | undefined {
  const [name = "", indices = ""] = node.inputs;
  const table = graph.initializers.get(name);
  if (node.domain !== "" || node.opType !== "Gather" || (node.attributes.axis ?? 0) !== 0) return undefined;
  if (!table || !isFloat(table) || table.shape.length !== 2 || table.data.length < SMALLEST_WEIGHT) return undefined;
  const [rows = 0, width = 0] = table.shape;
  const size = groupFor(width, group, bits);
  if (width % size !== 0 || graph.initializers.has(indices)) return undefined;
  checkFinite(name, table, node.layer);
  const coded = quantizeRows(table.data as Float32Array, rows, { bits, size });
  const codes = rewrite.constant(name + suffix.codes, reshaped(packRows(coded), [rows, (width * bits) / 8]));
  const scale = storeScales(name + suffix.scale, [rows, coded.groups], coded.scale, node, rewrite);
  return {
    ...node,
    opType: "GatherBlockQuantized",
    domain: "com.microsoft",
    inputs: [codes, indices, scale],
    attributes: { bits, block_size: size, gather_axis: 0, quantize_axis: 1 },
  };
}
