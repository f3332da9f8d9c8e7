import { DiagnosticError, diagnostic, fail } from "../../base/diagnostic.js";
import { nearestFact } from "../../base/nearest.js";
import { graphBuilder } from "../../ir/builder.js";
import { BATCH, type Dim, type Graph, type Node } from "../../ir/graph.js";
import { repeatedValue } from "./batched.js";
import { graphEmitter, Refusal } from "./emitter.js";
import { declaredInputs, type GraphOptions, type ResolvedInput, resolveInputs } from "./inputs.js";
import { lowerGraph, shownOperator } from "./lower.js";
import { functionKey, type NodeSpec, type OnnxModel, type ValueSpec } from "./model.js";
import { orderedNodes } from "./order.js";
import { onnxOperator, onnxOperators } from "./registry.js";
import { renamed } from "./rename.js";
import { constantInputs, withoutCaches } from "./sequences.js";
import { irType } from "./tensors.js";
import { constantValue, type Value } from "./value.js";

/**
 * The model as an IR graph with the meaning that ONNX gives it, quantized nodes included.
 *
 * Inputs keep their names and order and are float32 with an open batch, whatever the file declares: token numbers are
 * whole float32 numbers. Outputs, values and nodes are called as in the file, and every node carries the name of its
 * layer. Outputs that are no floats (labels) are left out where others are.
 * @throws {DiagnosticError} for operators that cannot be lowered (all of them at once), illegal graphs, open input sizes
 */
export function toGraph(model: OnnxModel, options: GraphOptions = {}): Graph {
  const outputs = scoredOutputs(model, options);
  refuseUnknown(model, outputs);
  const inputs = resolveInputs(model, options);
  const builder = graphBuilder(model.name);
  const emitter = graphEmitter(builder);
  const values = new Map<string, Value>();
  for (const input of inputs) {
    const shape: readonly Dim[] = [BATCH, ...input.sampleShape];
    const name = builder.input(input.name, "float32", shape);
    let value: Value = { name, type: { dtype: "float32", shape } };
    const emit = (opType: string, attributes: Node["attributes"]) => {
      const as = { name: `${input.name}/${opType}`, layer: input.name };
      [value = value] = emitter.emit(as, opType, [value], attributes, {});
    };
    if (input.permutation) emit("Transpose", { perm: input.permutation });
    if (input.cast !== undefined) emit("Cast", { to: input.cast });
    values.set(input.name, value);
  }
  const fixed = inputs.map(({ batch }) => batch).find((batch) => batch !== undefined);
  if (options.sequences) for (const value of constantValues(model, inputs, fixed)) values.set(value.name, value);
  const wishes = new Map<string, string>();
  const wanted = outputs.map(({ name }) => name);
  const [batched] = [...values.values()].filter((value) => !value.constant && !value.batched);
  const results = lowerGraph(
    { model, emitter, wishes, ...(fixed === undefined ? {} : { fixedBatch: fixed }), ...(batched ? { batched } : {}) },
    values,
    wanted,
  );
  return named(model, builder.build, emitter, results, wanted, wishes);
}

/** The graph with its outputs, and values, called as in the file. */
function named(
  model: OnnxModel,
  build: (outputs: readonly string[]) => Graph,
  emitter: ReturnType<typeof graphEmitter>,
  results: readonly Value[],
  wanted: readonly string[],
  wishes: ReadonlyMap<string, string>,
): Graph {
  const taken = new Set<string>(declaredInputs(model).map(({ name }) => name));
  try {
    const owned = results.map((value, i) => {
      const layer = wanted[i] ?? "output";
      let current = value;
      if (current.constant) current = { ...current, name: `${layer}/constant` };
      // An output that is an input, a constant or the same value as another needs a value of its own.
      let name = emitter.nameOf(current);
      if (current.constant || taken.has(name)) {
        name = emitter.identity({ name: `${layer}/Identity`, layer }, name);
      }
      if (current.type.dtype !== "float32") {
        name = emitter.cast({ name: `${layer}/Cast`, layer }, name);
      }
      taken.add(name);
      return name;
    });
    return renamed(build(owned), new Map([...wishes, ...owned.map((name, i) => [name, wanted[i] ?? name] as const)]));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return fail("onnx-graph", { path: model.source, reason: error.message });
  }
}

/** Inputs beside the tokens of whole sequences, as values that are known. A file that fixes its batch has that of them. */
function constantValues(
  model: OnnxModel,
  [tokens]: readonly ResolvedInput[],
  fixed: number | undefined,
): readonly Value[] {
  const [steps = 0, ...others] = tokens?.sampleShape ?? [];
  if (tokens && others.length > 0) {
    fail("onnx-input", {
      input: tokens.name,
      reason: `takes [${tokens.sampleShape.join(", ")}], and tokens are [steps]`,
    });
  }
  return constantInputs(model, steps).map(({ name, contents, isFlat }): Value => {
    if (isFlat || fixed === 1) return constantValue(name, contents(1));
    return repeatedValue(name, contents(1), 0);
  });
}

/** Outputs that are floats, in their order; all where none is. Of whole sequences without caches. */
export function scoredOutputs(model: OnnxModel, { sequences }: GraphOptions = {}): readonly ValueSpec[] {
  const { outputs: all } = model.graph;
  if (all.length === 0) fail("onnx-graph", { path: model.source, reason: "it has no outputs" });
  const outputs = sequences ? withoutCaches(all) : all;
  const floats = outputs.filter(({ elemType }) => elemType !== undefined && irType(elemType) === "float32");
  return floats.length > 0 ? floats : outputs;
}

/** @throws {DiagnosticError} one `onnx-operator` for each kind of node that no rule is known for */
function refuseUnknown(model: OnnxModel, outputs: readonly ValueSpec[]): void {
  const found = new Map<string, { readonly node: NodeSpec; count: number; reason?: string }>();
  const wanted = outputs.map(({ name }) => name);
  const own = new Set([...model.graph.inputs.map(({ name }) => name), ...model.graph.initializers.keys()]);
  for (const node of orderedNodes(model.graph.nodes, wanted, own, () => false, model.source)) {
    const operator = onnxOperator(node.domain, node.opType);
    if (model.functions.has(functionKey(node.domain, node.opType))) continue;
    if (operator && operator.support !== "refused") continue;
    const key = shownOperator(node);
    const known = found.get(key);
    if (known) known.count++;
    else found.set(key, { node, count: 1, ...(operator?.note === undefined ? {} : { reason: operator.note }) });
  }
  const diagnostics = [...found].map(([operator, { node, count, reason }]) =>
    diagnostic("onnx-operator", {
      node: node.name,
      operator,
      more: count - 1,
      ...(reason === undefined ? nearestFact(operator, onnxOperators.map(shownOperator)) : { reason }),
    }),
  );
  if (diagnostics.length > 0) throw new DiagnosticError(...diagnostics);
}
