import type { GraphBuilder } from "../../ir/builder.js";
import type { Attribute, Domain } from "../../ir/graph.js";
import { operatorOf } from "../../ir/operators/registry.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Value } from "./layer.js";

/** Where lowerings put initializers and nodes. */
export interface Emitter {
  constant(name: string, make: () => Tensor): string;
  nodes(
    layer: string,
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>>,
    outputs: number,
  ): readonly string[];
  /** Compares what a lowering says of a value with what inference says. */
  check(layer: string, value: Value): void;
}

/** Builds the graph. Initializers of one name are made once, so that shared layers share their weights. */
export function graphEmitter(builder: GraphBuilder): Emitter {
  const constants = new Set<string>();
  return {
    constant(name, make) {
      if (constants.has(name)) return name;
      constants.add(name);
      return builder.constant(name, make());
    },
    nodes: (layer, opType, inputs, attributes, outputs) =>
      builder.node(opType, inputs, attributes, { layer, outputs, domain: domainOf(opType) }),
    check(layer, value) {
      const [, ...sizes] = builder.typeOf(value.name).shape;
      if (sizes.join() !== value.shape.join()) {
        throw new Error(
          `frontend tfjs: layer "${layer}" says [${value.shape.join(", ")}], the graph [${sizes.join(", ")}]`,
        );
      }
    },
  };
}

/** ONNX's own operators first; no name is in both domains with two meanings. */
const domainOf = (opType: string): Domain => (operatorOf("", opType) ? "" : "com.microsoft");

/** Builds nothing: lowering with it only finds out shapes, and touches no weight's data. */
export const shapesOnly: Emitter = {
  constant: (name) => name,
  nodes: (_layer, _opType, _inputs, _attributes, outputs) => Array.from({ length: outputs }, () => "value"),
  check: () => {},
};
