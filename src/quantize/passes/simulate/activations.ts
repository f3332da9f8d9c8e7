import type { Graph, Node } from "../../../ir/graph.js";
import type { Range } from "../../../tensor/quant.js";
import {
  formatOf,
  integerOf,
  type StoredBytes,
  scaleKindOf,
  store,
  storeScaled,
  tensorScale,
} from "../../../tensor/store.js";
import { type Tensor, tensor, tensorFrom } from "../../../tensor/tensor.js";
import type { ActivationFormat } from "../../scheme.js";
import { suffix } from "../../weights.js";
import { denseOf } from "../dense.js";
import { type Rewrite, usesOf } from "../rewrite.js";
import type { StaticPlan } from "../static/plan.js";

/** Adds a graph's nodes one by one, with FakeQuantize where activations are held in another format. */
export interface SimulatedActivations {
  /** @param written the node with its weights replaced */
  add(node: Node, written: Node): void;
  /** What constants and parameters would take in their format, by the name of the initializer. */
  readonly stored: Map<string, StoredBytes>;
}

/** Only the nodes themselves. */
export function floatActivations(rewrite: Rewrite): SimulatedActivations {
  return { add: (_, written) => rewrite.add(written), stored: new Map() };
}

/** Scales below this stand for values that are 0 for all practical purposes, as in passes/static/codes.ts. */
const SMALLEST_SCALE = 2 ** -100;

/**
 * Mode "static" with one scale, or none, for a whole activation: every value that would be codes is held in the format,
 * under the name that it has in the float graph; float values that integer operators read are held so for them alone.
 * @param ranges by the root of a value; not needed for formats without scales
 */
export function heldActivations(
  { dtype }: ActivationFormat,
  plan: StaticPlan,
  ranges: ReadonlyMap<string, Range> | undefined,
  rewrite: Rewrite,
): SimulatedActivations {
  const { graph } = plan.context;
  const stored = new Map<string, StoredBytes>();
  const held = new Set<string>();
  const copies = new Map<string, string>();
  const results = new Map<string, Node>();
  for (const [node, role] of plan.roles) {
    if (role.kind !== "move" && !plan.floatResult.has(node)) results.set(role.output, node);
  }
  const hold = (value: string, input: string, output: string, reader: Node) => {
    const parameters = parametersOf(plan.rootOf(value), dtype, ranges, { rewrite, stored });
    rewrite.add(fakeQuantize(reader, `${value}/FakeQuantize`, [input, ...parameters], output, { format: dtype }));
  };
  const heldInput = (value: string, reader: Node): string => {
    if (held.has(value)) return value;
    const constant = graph.initializers.get(value);
    const known = copies.get(value);
    if (known !== undefined) return known;
    const copy = constant
      ? heldConstant(value, constant, dtype, { rewrite, stored })
      : rewrite.freeName(`${value}:held`);
    copies.set(value, copy);
    if (!constant) hold(value, value, copy, reader);
    return copy;
  };
  return {
    stored,
    add(node, written) {
      const role = plan.roles.get(node);
      const data = new Set(role?.kind === "pointwise" ? role.node.inputs : role?.inputs);
      const inputs = written.inputs.map((input) => (data.has(input) && input !== "" ? heldInput(input, node) : input));
      const outputs = node.outputs.map((output) =>
        results.has(output) ? rewrite.freeName(`${output}:exact`) : output,
      );
      rewrite.add({ ...written, inputs, outputs });
      node.outputs.forEach((output, i) => {
        if (outputs[i] !== output) hold(output, outputs[i] ?? "", output, node);
        if (outputs[i] !== output || (role?.kind === "move" && output !== "")) held.add(output);
      });
    },
  };
}

/**
 * Inputs of products alone, each in blocks or groups along what the product sums over, or with one scale of a run: the
 * channels of a convolution, the last dimension of a dense layer's or LSTM's input.
 * @param isProduct which nodes compute with the format
 */
export function productInputs(
  { dtype, group }: ActivationFormat,
  isProduct: (node: Node) => boolean,
  rewrite: Rewrite,
): SimulatedActivations {
  const copies = new Map<string, string>();
  return {
    stored: new Map(),
    add(node, written) {
      if (!isProduct(node)) {
        rewrite.add(written);
        return;
      }
      const [value = "", ...others] = written.inputs;
      const axis = node.opType === "Conv" ? 1 : -1;
      const key = `${axis}:${value}`;
      let copy = copies.get(key);
      if (copy === undefined) {
        copy = rewrite.freeName(`${value}:held`);
        copies.set(key, copy);
        const attributes = { format: dtype, axis, ...(group === undefined ? {} : { group }) };
        rewrite.add(fakeQuantize(node, `${value}/FakeQuantize`, [value], copy, attributes));
      }
      rewrite.add({ ...written, inputs: [copy, ...others] });
    },
  };
}

/** Dense layers and LSTMs, whose inputs dynamic quantization quantizes at run time. */
export function dynamicProducts(graph: Graph): (node: Node) => boolean {
  const uses = usesOf(graph);
  return (node) => node.domain === "" && (node.opType === "LSTM" || denseOf(node, graph, uses) !== undefined);
}

function fakeQuantize(
  { layer }: Node,
  name: string,
  inputs: readonly string[],
  output: string,
  attributes: Node["attributes"],
): Node {
  const where = layer === undefined ? {} : { layer };
  return { name, opType: "FakeQuantize", domain: "nibble", inputs, outputs: [output], attributes, ...where };
}

interface Target {
  readonly rewrite: Rewrite;
  readonly stored: Map<string, StoredBytes>;
}

/** Names of scale and zero point, as far as the format has them. */
function parametersOf(
  root: string,
  dtype: string,
  ranges: ReadonlyMap<string, Range> | undefined,
  { rewrite, stored }: Target,
): readonly string[] {
  if (scaleKindOf(formatOf(dtype)) === "none") return [];
  const range = ranges?.get(root);
  if (!range) throw new Error(`quantize: calibration has no range for "${root}"`);
  const { scale, zeroPoint } = tensorScale(dtype, range);
  const held = tensorFrom("float32", [], [Math.max(scale, SMALLEST_SCALE)]);
  const scaleName = rewrite.constant(root + suffix.scale, held);
  if (!integerOf(dtype)) return [scaleName];
  const zeroPointName = rewrite.constant(root + suffix.zeroPoint, tensorFrom("int32", [], [zeroPoint]));
  stored.set(zeroPointName, { codes: 0, scales: 0, zeroPoints: Math.ceil(formatOf(dtype).bits / 8) });
  return [scaleName, zeroPointName];
}

/** A constant operand of an integer operator, with the range of its own values. */
function heldConstant(name: string, constant: Tensor, dtype: string, { rewrite, stored }: Target): string {
  const values = constant.data as Float32Array;
  const { bytes } = store(values, Math.max(1, values.length), { format: dtype });
  const read = scaleKindOf(formatOf(dtype)) === "none" ? undefined : tensorScale(dtype, extremes(values));
  const result = read
    ? storeScaled(values, dtype, read)
    : store(values, Math.max(1, values.length), { format: dtype }).values;
  const held = rewrite.constant(`${name}:${dtype}`, tensor("float32", constant.shape, result));
  stored.set(held, bytes);
  return held;
}

function extremes(values: Float32Array): Range {
  let [min, max] = [0, 0];
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  return { min, max };
}
