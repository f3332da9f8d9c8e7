import { DiagnosticError, fail } from "../../base/diagnostic.js";
import { graphBuilder } from "../../ir/builder.js";
import { BATCH, type Dim, type Graph } from "../../ir/graph.js";
import { verify } from "../../ir/verify.js";
import type { TensorValue } from "./definition.js";
import { withDilations } from "./dilation.js";
import { type Emitter, graphEmitter, type Site } from "./emitter.js";
import { type Cut, type Evaluated, evaluateModel, type Slots } from "./evaluate.js";
import { commonBatch, type ResolvedInput, resolveInputs, shapeOf } from "./inputs.js";
import { sitesOf } from "./layers.js";
import type { GraphModel, GraphModelOutput } from "./model.js";
import { nameOutputs } from "./outputs.js";
import { cast } from "./steps.js";

export interface GraphOptions {
  /** Sizes of the one input without the batch, for a model that leaves them open. */
  readonly inputShape?: readonly number[];
}

/** A graph-model as an IR graph, and what was left out of that. */
export interface LoweredGraph {
  readonly graph: Graph;
  /** The tensor of the user's graph behind each output, in the graph's order; `isOwn` for an output of the model. */
  readonly outputs: readonly (GraphModelOutput & { readonly isOwn: boolean })[];
  /** Nodes in front of which the graph is cut; TF.js runs them and what follows. */
  readonly cuts: readonly Cut[];
  /** The number of samples that go through at once, where the model allows no other; and why. */
  readonly fixedBatch?: { readonly batch: number; readonly reason: string };
}

/**
 * The model as an IR graph with the meaning that TF.js gives it.
 *
 * Inputs keep TF.js's order and layout and are float32, whatever type the model declares: token numbers are whole float32
 * numbers. Outputs are float32 too and are called as in the signature. A batch that the file fixes is left open where every
 * node allows that. Where sizes depend on values, the graph is cut: the model's outputs in front of the cut come first,
 * then the values that the rest reads.
 * @throws {DiagnosticError} for operators that cannot be lowered (all of them at once), open input sizes, inputs that do not fit
 */
export function lowerGraphModel(read: GraphModel, options: GraphOptions = {}): LoweredGraph {
  const model = withDilations(read);
  const inputs = resolveInputs(model, options.inputShape);
  const common = commonBatch(inputs);
  if (common === undefined) return lowerWith(model, inputs, undefined);
  const open = attempt(() => lowerWith(model, inputs, BATCH));
  if (open instanceof DiagnosticError && common === null) throw open;
  const reason =
    open instanceof DiagnosticError ? "some node needs it to be known" : batchReason(open, common !== null);
  if (reason === undefined && !(open instanceof DiagnosticError)) return open;
  const batch = common ?? 1;
  const fixed = attempt(() => lowerWith(model, inputs, batch));
  const better = (lowered: LoweredGraph) => open instanceof DiagnosticError || lowered.cuts.length < open.cuts.length;
  if (!(fixed instanceof DiagnosticError) && (common !== null || better(fixed))) {
    return { ...fixed, fixedBatch: { batch, reason: reason ?? "some node needs it to be known" } };
  }
  if (open instanceof DiagnosticError) throw open;
  return open;
}

/** What happened, unless it is no fault of the model. */
function attempt(lower: () => LoweredGraph): LoweredGraph | DiagnosticError {
  try {
    return lower();
  } catch (error) {
    if (error instanceof DiagnosticError) return error;
    throw error;
  }
}

/** Why a graph with an open batch will not do: a cut because of it, or an output that does not have it. */
function batchReason({ cuts, graph }: LoweredGraph, wasFixed: boolean): string | undefined {
  const cut = cuts.find(({ reason }) => reason.includes("batch"));
  if (cut !== undefined) return `at node "${cut.node}" (${cut.op}), ${cut.reason}`;
  const output = graph.outputs.find(({ type }) => type.shape[0] !== BATCH);
  return wasFixed && output !== undefined ? `output "${output.name}" does not have it` : undefined;
}

function lowerWith(model: GraphModel, inputs: readonly ResolvedInput[], batch: Dim | undefined): LoweredGraph {
  const builder = graphBuilder(model.name);
  const emitter = graphEmitter(builder);
  const siteOf = sitesOf(model);
  const given = new Map<string, Slots>();
  for (const input of inputs) {
    const shape = shapeOf(input, batch);
    const name = builder.input(builder.freeName(input.name), "float32", shape);
    const node = model.nodes.get(input.node);
    if (node === undefined) return fail("graph-input-missing", { node: `input ${input.name}`, input: input.node });
    const context = emitter.contextOf(node, siteOf(node), () => []);
    given.set(input.node, [cast(context, { name, dtype: "float32", shape }, input.dtype)]);
  }
  const evaluated = evaluateModel(model, emitter, given, siteOf);
  const outputs = outputsOf(model, evaluated);
  if (outputs.length === 0) return fail("graph-all-tail", { cuts: evaluated.cuts });
  const names = outputs.map(({ value, ref }): string => {
    const node = model.nodes.get(ref.node);
    if (node === undefined) throw new Error(`frontend tfjs-graph: output of "${ref.node}", which is no node`);
    return outputName(emitter, value, siteOf(node), (inner) =>
      cast(
        emitter.contextOf(node, siteOf(node), () => []),
        inner,
        "float32",
      ),
    );
  });
  const graph = nameOutputs(builder, names, outputs, (name) => builder.node("Identity", [name], {}));
  const named = outputs.map(({ name, ref, isOwn }) => ({ name, ref, isOwn }));
  return { graph: verify(graph, "as lowered"), outputs: named, cuts: evaluated.cuts };
}

function outputName(
  emitter: Emitter,
  value: TensorValue,
  site: Site,
  toFloat: (value: TensorValue) => TensorValue,
): string {
  return emitter.valueName(value.dtype === "float32" ? value : toFloat(value), site);
}

interface Output extends GraphModelOutput {
  readonly isOwn: boolean;
  readonly value: TensorValue;
}

/** The model's outputs that are in front of every cut, then what the tail reads, in the order in which it is made. */
function outputsOf(model: GraphModel, { slots }: Evaluated): Output[] {
  const own = model.outputs.flatMap(({ name, ref }): Output[] => {
    const slot = slots.get(ref.node)?.[ref.port];
    return slot === undefined || typeof slot === "string" ? [] : [{ name, ref, isOwn: true, value: slot }];
  });
  if (own.length === model.outputs.length) return own;
  const seen = new Set(own.map(({ ref }) => `${ref.node}:${ref.port}`));
  const inputs = new Set(model.inputs.map(({ node }) => node));
  const frontier: Output[] = [];
  for (const [name, list] of slots) {
    if (list[0] !== "tail") continue;
    for (const ref of model.nodes.get(name)?.inputs ?? []) {
      const slot = slots.get(ref.node)?.[ref.port];
      const key = `${ref.node}:${ref.port}`;
      if (slot === undefined || typeof slot === "string" || slot.name === undefined) continue;
      if (seen.has(key) || inputs.has(ref.node)) continue;
      seen.add(key);
      frontier.push({ name: ref.port === 0 ? ref.node : key, ref, isOwn: false, value: slot });
    }
  }
  return [...own, ...frontier];
}
