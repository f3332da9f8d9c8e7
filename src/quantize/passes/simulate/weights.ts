import type { Graph, Node } from "../../../ir/graph.js";
import { transposed } from "../../../tensor/layout.js";
import { formatOf, type Storage, type StoredBytes, scaleKindOf, store } from "../../../tensor/store.js";
import { elementCount, type Tensor, tensor } from "../../../tensor/tensor.js";
import type { Scheme, WeightFormat } from "../../scheme.js";
import { layerFormat } from "../../weight-format.js";
import { checkFinite } from "../../weights.js";
import { denseOf, isFloat } from "../dense.js";
import { type Rewrite, usesOf } from "../rewrite.js";
import type { StaticPlan } from "../static/plan.js";
import { evenGroup, SMALLEST_WEIGHT, weightInputs } from "../stored-weights.js";

/** A weight that a node reads. */
interface Site {
  readonly index: number;
  readonly weight: Tensor<"float32">;
  /** Leading dimensions that count the rows, which hold what one output is made of; "columns" of a matrix [K, N]. */
  readonly rows: number | "columns";
  /** Whether a row is cut into equal groups, as weights are that weight_only stores and does not compute with. */
  readonly evenGroups: boolean;
}

/** Replaces weights by what they read back as. */
export interface SimulatedWeights {
  /** The node with its weights replaced. */
  replace(node: Node): Node;
  /** What each replaced weight would take, by the name of its initializer in the new graph. */
  readonly stored: Map<string, StoredBytes>;
}

/**
 * Weights in the formats of a scheme, those that the scheme's mode quantizes when it executes: of static the products that
 * would run on codes, of dynamic dense layers and LSTMs, of weight_only all that are worth their bytes.
 * @param plan of mode "static"
 */
export function simulateWeights(
  graph: Graph,
  scheme: Scheme,
  plan: StaticPlan | undefined,
  rewrite: Rewrite,
): SimulatedWeights {
  const sitesOf = siteFinder(graph, scheme, plan);
  const stored = new Map<string, StoredBytes>();
  return {
    stored,
    replace(node) {
      const format = layerFormat(scheme, node.layer);
      const sites = format ? sitesOf(node, format) : [];
      if (!format || sites.length === 0) return node;
      const inputs = [...node.inputs];
      for (const site of sites) {
        const name = inputs[site.index] ?? "";
        checkFinite(name, site.weight, node.layer);
        const { value, bytes } = readBack(site, format, scheme);
        const replaced = rewrite.constant(`${name}:${format.dtype}`, value);
        stored.set(replaced, bytes);
        inputs[site.index] = replaced;
      }
      return { ...node, inputs };
    },
  };
}

function siteFinder(graph: Graph, scheme: Scheme, plan: StaticPlan | undefined) {
  const uses = usesOf(graph);
  const denseSite = (node: Node): Site[] => {
    if (!denseOf(node, graph, uses)) return [];
    const weight = graph.initializers.get(node.inputs[1] ?? "") as Tensor<"float32">;
    return [{ index: 1, weight, rows: (node.attributes.transB ?? 0) === 0 ? "columns" : 1, evenGroups: false }];
  };
  return (node: Node, format: WeightFormat): readonly Site[] => {
    if (node.domain !== "") return [];
    switch (scheme.mode) {
      case "static": {
        const kind = plan?.roles.get(node)?.kind;
        if (kind === "dense") return denseSite(node);
        return kind === "conv" ? tableSites(node, graph, 1) : [];
      }
      case "dynamic":
        return node.opType === "LSTM" ? tableSites(node, graph, 1) : denseSite(node);
      default: {
        const least = scaleKindOf(formatOf(format.dtype)) === "none" ? 1 : SMALLEST_WEIGHT;
        return [...denseSite(node), ...tableSites(node, graph, least)];
      }
    }
  };
}

/** @param least elements below which a weight stays as it is */
function tableSites({ opType, inputs }: Node, graph: Graph, least: number): Site[] {
  const found = weightInputs[opType];
  if (!found) return [];
  return found.inputs.flatMap((index) => {
    const weight = graph.initializers.get(inputs[index] ?? "");
    const fits = weight && isFloat(weight) && weight.data.length >= least && weight.shape.length > found.rowAxes;
    return fits ? [{ index, weight, rows: found.rowAxes, evenGroups: true }] : [];
  });
}

function readBack(
  { weight, rows, evenGroups }: Site,
  format: WeightFormat,
  scheme: Scheme,
): { readonly value: Tensor<"float32">; readonly bytes: StoredBytes } {
  const turned = rows === "columns" ? transposed(weight, [1, 0]) : weight;
  const rowAxes = rows === "columns" ? 1 : rows;
  const rowLength = weight.data.length / elementCount(turned.shape.slice(0, rowAxes));
  const { values, bytes } = store(
    turned.data as Float32Array,
    rowLength,
    storageOf(format, rowLength, evenGroups, scheme),
  );
  const value = tensor("float32", turned.shape, values);
  return { value: rows === "columns" ? transposed(value, [1, 0]) : value, bytes };
}

/** Groups and their scales are those that weight_only executes with: even groups where weights are only stored, fp16 scales. */
function storageOf(
  { dtype, granularity, group, symmetric, reduceRange }: WeightFormat,
  rowLength: number,
  evenGroups: boolean,
  { mode }: Scheme,
): Storage {
  const inGroups = granularity === "group" && group !== undefined;
  const size = inGroups ? (evenGroups ? evenGroup(rowLength, group, 1) : group) : rowLength;
  return {
    format: dtype,
    ...(granularity === "per_tensor" || granularity === undefined ? {} : { group: size }),
    ...(symmetric === undefined ? {} : { symmetric }),
    ...(reduceRange ? { largestCode: 64 } : {}),
    ...(inGroups && mode === "weight_only" ? { halfScales: true } : {}),
  };
}
