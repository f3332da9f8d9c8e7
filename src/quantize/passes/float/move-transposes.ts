import { multiplyDims } from "../../../ir/dim.js";
import type { Dim, Graph, Node, Pass, ValueType } from "../../../ir/graph.js";
import { inferTypes } from "../../../ir/infer.js";
import { inverseOf } from "../../../tensor/layout.js";
import type { Tensor } from "../../../tensor/tensor.js";
import { composed, identityOf, isIdentity, keepsOrder, type Permutation, permuted } from "./permutation.js";
import { freeNames, removeUnread } from "./rewrite.js";
import { type Moved, permOf, transposeRules } from "./transpose-rules.js";

/**
 * Moves Transposes towards the outputs and cancels those that meet their inverse, so that a model of another layout keeps at
 * most one Transpose where its convolutions begin and one where they end:
 *
 *     Transpose(perm) -> op     becomes     op' -> Transpose(perm')
 *
 * A Transpose is held back while operators can take its input as it is (`transpose-rules.ts` says how: axes are mapped,
 * constants change their layout) and is put down in front of the first that cannot. One value is transposed at most once.
 * A Transpose that moves sizes of 1 only vanishes before a Reshape or Flatten. One before a Flatten of a picture stays:
 * folded into the rows of the next dense layer it is no faster (measured), and the layer keeps its weights' order.
 */
export const moveTransposes: Pass = {
  name: "move-transposes",
  summary: "move Transposes towards the outputs and cancel inverse pairs",
  run(graph) {
    const mover = moverOf(graph);
    for (const node of graph.nodes) mover.visit(node);
    return mover.done();
  },
};

/** A value that is `Transpose(source, perm)` of a value of the new graph. */
interface Held {
  readonly source: string;
  readonly perm: Permutation;
  readonly layer: string | undefined;
  /** The Transpose as it was in the graph, when it has not been moved or joined with another. */
  readonly node?: Node;
}

function moverOf(graph: Graph) {
  const types = inferTypes(graph);
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const initializers = new Map<string, Tensor>(graph.initializers);
  const held = new Map<string, Held>();
  const nodes: Node[] = [];
  /** Names of moved values, by the value that they came from; they get its name back if nothing else needs it. */
  const stands = new Map<string, string>();
  const putDown = new Set<string>();
  const free = freeNames(graph);
  let changed = false;

  /** The value under its own name: emits the Transpose that was held back. */
  const settle = (name: string): string => {
    const value = held.get(name);
    if (!value || putDown.has(name)) return name;
    if (isIdentity(value.perm) && !outputs.has(name)) return value.source;
    nodes.push({
      name: value.node?.name ?? free(`${name}/Transpose`),
      opType: isIdentity(value.perm) ? "Identity" : "Transpose",
      domain: "",
      inputs: [value.source],
      outputs: [name],
      attributes: isIdentity(value.perm) ? {} : { perm: value.perm },
      ...(value.layer === undefined ? {} : { layer: value.layer }),
    });
    putDown.add(name);
    return name;
  };

  const shapeOf = (name: string): readonly Dim[] => (types.get(name) as ValueType).shape;

  const hold = (node: Node) => {
    const [input = "", output = ""] = [node.inputs[0], node.outputs[0]];
    const rank = shapeOf(input).length;
    const before = held.get(input);
    if (before) changed = true;
    const perm = composed(before?.perm ?? identityOf(rank), permOf(node, rank));
    if (isIdentity(perm)) changed = true;
    const value = { source: before?.source ?? input, perm, layer: node.layer };
    held.set(output, before ? value : { ...value, node });
  };

  const place = (node: Node) => {
    nodes.push({ ...node, inputs: node.inputs.map((name) => (name === "" ? "" : settle(name))) });
  };

  const visit = (node: Node) => {
    if (node.domain === "" && node.opType === "Transpose") return hold(node);
    const heldInputs = node.inputs.map((name) => held.get(name));
    const first = heldInputs.find((value) => value !== undefined && !isIdentity(value.perm));
    if (!first) return place(node);
    const reshaped = orderKept(node, first, shapeOf, graph.initializers);
    const same = heldInputs.every((value) => !value || isIdentity(value.perm) || samePerm(value.perm, first.perm));
    const moved = same && !reshaped ? movedPast(node, first.perm, heldInputs) : undefined;
    if (!reshaped && !moved) return place(node);
    changed = true;
    if (reshaped) return void nodes.push({ ...node, inputs: [first.source, ...node.inputs.slice(1)] });
    if (moved) emit(node, moved);
  };

  const emit = (node: Node, moved: Moved) => {
    const straight = isIdentity(moved.outPerm);
    const names = node.outputs.map((name) => (straight || name === "" ? name : free(`${name}/moved`)));
    for (const [i, name] of node.outputs.entries()) {
      const stand = names[i] ?? "";
      if (stand === name) continue;
      stands.set(stand, name);
      held.set(name, { source: stand, perm: moved.outPerm, layer: node.layer });
    }
    const { inputs, attributes = node.attributes } = moved;
    nodes.push({ ...node, inputs, attributes, outputs: names });
  };

  const movedPast = (node: Node, perm: Permutation, heldInputs: readonly (Held | undefined)[]): Moved | undefined => {
    const rule = node.domain === "" ? transposeRules.get(node.opType) : undefined;
    if (!rule) return undefined;
    const created: Node[] = [];
    const stored = new Map<string, Tensor>();
    const named = (i: number) => node.inputs[i] ?? "";
    const movesData = node.inputs.some((name) => {
      const value = held.get(name);
      return value && !keepsOrder(permuted(shapeOf(name), inverseOf(value.perm)), value.perm);
    });
    const moved = rule({
      node: { ...node, inputs: node.inputs.map((name, i) => (heldInputs[i] ? aliasOf(name, held) : name)) },
      perm,
      sources: heldInputs.map((value) => (value && !isIdentity(value.perm) ? value.source : undefined)),
      shapeOf: (i) => shapeOf(named(i)),
      constant: (i) => graph.initializers.get(named(i)),
      store(i, value) {
        const name = free(named(i) === "" ? `${node.name}/axes` : `${named(i)}/moved`);
        stored.set(name, value);
        return name;
      },
      transpose(i, back) {
        if (!movesData) return undefined;
        const output = free(`${named(i)}/moved`);
        const inputs = [aliasOf(named(i), held)];
        created.push({
          name: free(`${output}/Transpose`),
          opType: "Transpose",
          domain: "",
          inputs,
          outputs: [output],
          attributes: { perm: back },
        });
        return output;
      },
    });
    if (!moved) return undefined;
    nodes.push(...created);
    for (const [name, value] of stored) initializers.set(name, value);
    return moved;
  };

  const done = (): Graph => {
    for (const { name } of graph.outputs) settle(name);
    if (!changed) return graph;
    const back = new Map([...stands].filter(([, name]) => !putDown.has(name)));
    const rename = (names: readonly string[]) => names.map((name) => back.get(name) ?? name);
    const renamed = nodes.map((node) => ({ ...node, inputs: rename(node.inputs), outputs: rename(node.outputs) }));
    return removeUnread({ ...graph, nodes: renamed, initializers });
  };
  return { visit, done };
}

function aliasOf(name: string, held: ReadonlyMap<string, Held>): string {
  const value = held.get(name);
  return value && isIdentity(value.perm) ? value.source : name;
}

function samePerm(a: Permutation, b: Permutation): boolean {
  return a.length === b.length && a.every((axis, i) => axis === b[i]);
}

/** Whether a Reshape or Flatten gives the same from the value before the Transpose, which moved sizes of 1 only. */
function orderKept(
  node: Node,
  value: Held,
  shapeOf: (name: string) => readonly Dim[],
  constants: ReadonlyMap<string, Tensor>,
): boolean {
  if (node.domain !== "" || (node.opType !== "Reshape" && node.opType !== "Flatten")) return false;
  const after = shapeOf(node.inputs[0] ?? "");
  const before = permuted(after, inverseOf(value.perm));
  if (!keepsOrder(before, value.perm)) return false;
  if (node.opType === "Reshape") {
    // A 0 in the target copies the input's size at that place.
    const target = constants.get(node.inputs[1] ?? "");
    const copies = node.attributes.allowzero !== 1;
    return (
      target !== undefined &&
      Array.from(target.data, Number).every((size, i) => size !== 0 || !copies || before[i] === after[i])
    );
  }
  const axis = Number(node.attributes.axis ?? 1);
  return multiplyDims(before.slice(0, axis)) === multiplyDims(after.slice(0, axis));
}
