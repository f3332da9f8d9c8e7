import { multiplyDims } from "../../../ir/dim.js";
import type { Attribute, Dim, Graph, Node, Pass, ValueType } from "../../../ir/graph.js";
import { inferTypes } from "../../../ir/infer.js";
import { einsumSizes } from "../../../ir/operators/einsum.js";
import { parseEquation } from "../../../ir/operators/einsum-equation.js";
import { type Tensor, tensorFrom } from "../../../tensor/tensor.js";
import { freeNames, removeUnread } from "./rewrite.js";

/**
 * A contraction of two tensors by an equation becomes a MatMul with Transposes and Reshapes around it, one of a single
 * tensor a ReduceSum and a Transpose: MatMul is what engines are fast at and what quantization has integer kernels for. A
 * constant operand becomes the right one. Equations that repeat an axis within an operand, broadcast, or leave more than
 * one size open stay as they are.
 */
export const lowerEinsum: Pass = {
  name: "lower-einsum",
  summary: "contractions by equation as matrix products",
  run(graph) {
    if (!graph.nodes.some(({ opType, domain }) => opType === "Einsum" && domain === "")) return graph;
    const types = inferTypes(graph);
    const initializers = new Map(graph.initializers);
    const free = freeNames(graph);
    const nodes = graph.nodes.flatMap((node): Node[] => {
      if (node.opType !== "Einsum" || node.domain !== "") return [node];
      return (
        lowered(
          node,
          graph,
          types,
          (wish, value) => {
            const name = free(wish);
            initializers.set(name, value);
            return name;
          },
          free,
        ) ?? [node]
      );
    });
    return removeUnread({ ...graph, nodes, initializers });
  },
};

/** A value on its way, and what its axes are called. */
interface Labelled {
  readonly name: string;
  readonly axes: readonly string[];
}

/** Adds nodes one after the other; the last one gets the equation's own output. */
interface Steps {
  readonly nodes: Node[];
  emit(opType: string, inputs: readonly string[], attributes?: Readonly<Record<string, Attribute>>): string;
  ints(values: readonly number[]): string;
}

function stepsFor(node: Node, store: (wish: string, value: Tensor) => string, free: (wish: string) => string): Steps {
  const nodes: Node[] = [];
  return {
    nodes,
    emit(opType, inputs, attributes = {}) {
      const name = free(`${node.name}/${opType}`);
      const { domain, layer } = node;
      nodes.push({
        name,
        opType,
        domain,
        inputs,
        outputs: [name],
        attributes,
        ...(layer === undefined ? {} : { layer }),
      });
      return name;
    },
    ints: (values) => store(`${node.name}/const`, tensorFrom("int64", [values.length], values)),
  };
}

function lowered(
  node: Node,
  graph: Graph,
  types: ReadonlyMap<string, ValueType>,
  store: (wish: string, value: Tensor) => string,
  free: (wish: string) => string,
): Node[] | undefined {
  const shapes = node.inputs.map((name) => types.get(name)?.shape ?? []);
  const equation = parseEquation(
    String(node.attributes.equation),
    shapes.map((shape) => shape.length),
  );
  const sizes = einsumSizes(equation, shapes);
  const plain = equation.operands.every(
    (axes, i) => new Set(axes).size === axes.length && axes.every((axis, at) => sizes.get(axis) === shapes[i]?.[at]),
  );
  const open = [...sizes.values()].filter((size) => typeof size === "string");
  if (!plain || open.length > 1 || node.inputs.length > 2) return undefined;
  const steps = stepsFor(node, store, free);
  const operands = node.inputs.map((name, i): Labelled => ({ name, axes: equation.operands[i] ?? [] }));
  const isFixed = ({ name }: Labelled) => graph.initializers.has(name);
  const [a, b] = operands;
  if (a === undefined) return undefined;
  const turned = b !== undefined && isFixed(a) && !isFixed(b) ? [b, a] : operands;
  const others = (one: Labelled) => turned.filter((each) => each !== one).flatMap(({ axes }) => axes);
  const summed = turned.map((one) => summedOver(steps, one, [...equation.output, ...others(one)]));
  const [left, right] = summed;
  if (left === undefined) return undefined;
  const product = right === undefined ? left : multiplied(steps, left, right, equation.output, sizes);
  const result = ordered(steps, product, equation.output);
  return ending(steps.nodes, result.name, node);
}

/** The nodes with the last one's output called as the equation's was; an Identity where there is none. */
function ending(nodes: readonly Node[], result: string, node: Node): Node[] {
  const last = nodes.at(-1);
  if (last === undefined) return [{ ...node, opType: "Identity", inputs: [result], attributes: {} }];
  return [...nodes.slice(0, -1), { ...last, outputs: node.outputs }];
}

/** Without the axes that nothing else names. */
function summedOver(steps: Steps, value: Labelled, kept: readonly string[]): Labelled {
  const gone = value.axes.flatMap((axis, i) => (kept.includes(axis) ? [] : [i]));
  if (gone.length === 0) return value;
  const name = steps.emit("ReduceSum", [value.name, steps.ints(gone)], { keepdims: 0 });
  return { name, axes: value.axes.filter((axis) => kept.includes(axis)) };
}

function ordered(steps: Steps, value: Labelled, axes: readonly string[]): Labelled {
  const perm = axes.map((axis) => value.axes.indexOf(axis));
  if (perm.every((from, i) => from === i)) return value;
  return { name: steps.emit("Transpose", [value.name], { perm }), axes };
}

/** Sizes as Reshape takes them: the one that is open is what is left. */
const target = (sizes: readonly Dim[]) => sizes.map((size) => (typeof size === "number" ? size : -1));

/**
 * The product of two: axes of both and of the output are batches, those of both alone are summed over. Without the latter
 * it is an elementwise product.
 */
function multiplied(
  steps: Steps,
  left: Labelled,
  right: Labelled,
  output: readonly string[],
  sizes: ReadonlyMap<string, Dim>,
): Labelled {
  const shared = left.axes.filter((axis) => right.axes.includes(axis));
  const batch = shared.filter((axis) => output.includes(axis));
  const inner = shared.filter((axis) => !output.includes(axis));
  const rows = left.axes.filter((axis) => !shared.includes(axis));
  const columns = right.axes.filter((axis) => !shared.includes(axis));
  const sizesOf = (axes: readonly string[]) => axes.map((axis) => sizes.get(axis) ?? 1);
  const one = (axes: readonly string[]) => multiplyDims(sizesOf(axes));
  const shaped = (value: Labelled, order: readonly string[], shape: readonly Dim[]) => {
    const { name } = ordered(steps, value, order);
    const same = sizesOf(order).join() === shape.join();
    return same ? name : steps.emit("Reshape", [name, steps.ints(target(shape))]);
  };
  const axes = [...batch, ...rows, ...columns];
  if (inner.length === 0) {
    const a = shaped(left, [...batch, ...rows], [...sizesOf(batch), ...sizesOf(rows), ...columns.map(() => 1)]);
    const b = shaped(right, [...batch, ...columns], [...sizesOf(batch), ...rows.map(() => 1), ...sizesOf(columns)]);
    return { name: steps.emit("Mul", [a, b]), axes };
  }
  // A matrix on the right serves any number of rows: they need not become one axis.
  const many = batch.length === 0 && rows.length > 0 ? sizesOf(rows) : [one(rows)];
  const a = shaped(left, [...batch, ...rows, ...inner], [...sizesOf(batch), ...many, one(inner)]);
  const b = shaped(right, [...batch, ...inner, ...columns], [...sizesOf(batch), one(inner), one(columns)]);
  const product = steps.emit("MatMul", [a, b]);
  const found = [...sizesOf(batch), ...many, one(columns)];
  const wanted = sizesOf(axes);
  const name = found.join() === wanted.join() ? product : steps.emit("Reshape", [product, steps.ints(target(wanted))]);
  return { name, axes };
}
