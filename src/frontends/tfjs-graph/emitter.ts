import { fail } from "../../base/diagnostic.js";
import type { GraphBuilder } from "../../ir/builder.js";
import { showShape } from "../../ir/dim.js";
import type { Attribute, Node } from "../../ir/graph.js";
import { completeAttributes } from "../../ir/infer.js";
import { type Operator, OperatorError } from "../../ir/operators/operator.js";
import { operatorOf } from "../../ir/operators/registry.js";
import { elementCount, type Tensor, tensor } from "../../tensor/tensor.js";
import type { EmitOptions, OpContext, Operand, TensorValue, ValueDType } from "./definition.js";
import type { GraphNode } from "./node.js";
import { NotStatic } from "./not-static.js";

/** IR nodes that one model may become; loops that are unrolled are what makes more. */
const MAX_NODES = 100_000;

/** Elements of one tensor that are computed while a model is read, and of any tensor of a model. */
const MAX_FOLDED = 2 ** 26;
const MAX_ELEMENTS = 2 ** 31 - 1;

/** ONNX's TensorProto.DataType of int32, for Cast. */
const INT32 = 6;

/** Where a node stands: what its IR nodes are called, and the layer they count as. */
export interface Site {
  readonly name: string;
  readonly layer: string;
}

/** Where lowerings put nodes and initializers. */
export interface Emitter {
  contextOf(node: GraphNode, site: Site, call: OpContext["call"]): OpContext;
  /** The IR value of a value of the model; a constant becomes an initializer. */
  valueName(value: TensorValue, site: Site): string;
}

/** An emitter over a builder. */
export function graphEmitter(builder: GraphBuilder): Emitter {
  const initializers = new Map<Tensor, string>();
  const small = new Map<string, string>();
  const derived = new WeakMap<Tensor, Map<string, TensorValue>>();
  const times = new Map<string, number>();
  let emitted = 0;

  /** `wish`, then `wish_1` ...: counted here, for a loop that is unrolled asks for one name thousands of times. */
  const numbered = (wish: string): string => {
    const count = times.get(wish) ?? 0;
    times.set(wish, count + 1);
    return count === 0 ? wish : `${wish}_${count}`;
  };

  /** Equal lists of a few numbers share one initializer: shapes, axes, pads. */
  const initializer = (constant: Tensor, wish: string): string => {
    const held = initializers.get(constant);
    if (held !== undefined) return held;
    const key = constant.data.length <= 16 ? `${constant.dtype} ${constant.shape} ${constant.data}` : undefined;
    const same = key === undefined ? undefined : small.get(key);
    const name = same ?? builder.constant(builder.freeName(wish), constant);
    initializers.set(constant, name);
    if (key !== undefined) small.set(key, name);
    return name;
  };

  const valueName = (value: Operand, site: Site): string => {
    if (value === undefined) return "";
    if ("data" in value) return initializer(value, `${site.name}/const`);
    if (value.name !== undefined) return value.name;
    if (value.constant !== undefined) return initializer(value.constant, value.label ?? `${site.name}/const`);
    throw new NotStatic("a size that depends on the batch is computed with");
  };

  const emitAll = (
    node: GraphNode,
    site: Site,
    [opType, inputs, attributes, outputs, options]: Parameters<OpContext["emitAll"]>,
  ): TensorValue[] => {
    const operator = operatorOf(options?.domain ?? "", opType);
    if (!operator) throw new Error(`frontend tfjs-graph: the IR has no operator ${opType} (node "${node.name}")`);
    const constants = inputs.map(constantOf);
    try {
      if (inputs.every((input, i) => input === undefined || constants[i] !== undefined)) {
        return folded(operator, attributes, constants, outputs, site, options);
      }
      if (++emitted > MAX_NODES) fail("graph-too-many-nodes", { node: node.name, limit: MAX_NODES });
      const wired = inputs.map((input) => valueName(input, site));
      const place = { name: numbered(`${site.name}/${opType}`), layer: site.layer, outputs, ...options };
      const names = builder.node(opType, wired, attributes, place);
      return names.map((name) => valueMade(builder, name, site, options));
    } catch (error) {
      return refuse(error, node, inputs);
    }
  };

  return {
    valueName,
    contextOf: (node, site, call) => ({
      node,
      call,
      emit: (opType, inputs, attributes = {}, options = {}) =>
        emitAll(node, site, [opType, inputs, attributes, 1, options])[0] as TensorValue,
      emitAll: (...asked) => emitAll(node, site, asked),
      derive(source, how, make) {
        const { constant } = source;
        if (constant === undefined) throw new NotStatic("its weights are computed while the model runs");
        const made = derived.get(constant) ?? new Map<string, TensorValue>();
        derived.set(constant, made);
        const held = made.get(how) ?? constantValue(make(constant), source.label ?? `${site.name}/${how}`);
        made.set(how, held);
        return held;
      },
    }),
  };
}

function constantOf(input: Operand): Tensor | undefined {
  return input === undefined || "data" in input ? input : input.constant;
}

function constantValue(constant: Tensor, label: string): TensorValue {
  return { dtype: constant.dtype as ValueDType, shape: constant.shape, constant, label };
}

/** The value of a node's output; integers of other widths become int32. */
function valueMade(builder: GraphBuilder, name: string, site: Site, options: EmitOptions | undefined): TensorValue {
  const { dtype, shape } = builder.typeOf(name);
  const known = shape.filter((size) => typeof size === "number");
  if (elementCount(known) > MAX_ELEMENTS) throw new OperatorError("its output is too large for any machine");
  if (dtype === "float32" || dtype === "int32" || dtype === "bool") return { name, dtype, shape };
  if (options?.wide) return { name, dtype: "int32", shape };
  const cast = builder.node("Cast", [name], { to: INT32 }, { name: `${site.name}/Cast`, layer: site.layer });
  return { name: cast, dtype: "int32", shape };
}

/** What a node with known inputs gives, computed by the IR's own meaning of the operator. */
function folded(
  operator: Operator,
  attributes: Readonly<Record<string, Attribute>>,
  constants: readonly (Tensor | undefined)[],
  outputs: number,
  site: Site,
  options: EmitOptions | undefined,
): TensorValue[] {
  const node: Node = {
    ...{ name: site.name, opType: operator.opType, domain: options?.domain ?? "", inputs: [], outputs: [], attributes },
  };
  const complete = completeAttributes(operator, node);
  const known = constants.map((constant) => constant && { type: constant, constant });
  for (const { shape } of operator.infer(known, complete)) {
    if (elementCount(shape.map(Number)) > MAX_FOLDED) throw new OperatorError("a constant of it is too large");
  }
  const results = operator.evaluate(constants, complete).slice(0, outputs);
  return results.map((result, i) => {
    const label = `${site.name}/${operator.opType}${i === 0 ? "" : `:${i}`}`;
    const { dtype } = result;
    const plain = dtype === "float32" || dtype === "int32" || dtype === "bool" || options?.wide === true;
    return constantValue(plain ? result : tensor("int32", result.shape, Int32Array.from(result.data, Number)), label);
  });
}

/** The operator's own refusal as a diagnostic; whatever else was thrown goes on. */
function refuse(error: unknown, node: GraphNode, inputs: readonly Operand[]): never {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (!(cause instanceof OperatorError)) continue;
    const shapes = inputs.flatMap((input) => (input === undefined ? [] : [showShape(input.shape)]));
    return fail("graph-op-inputs", { node: node.name, op: node.op, shapes, problem: cause.message });
  }
  throw error;
}
