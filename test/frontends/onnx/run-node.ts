import protobuf from "protobufjs/light.js";
import { graphEmitter } from "../../../src/frontends/onnx/emitter.js";
import { lowerGraph } from "../../../src/frontends/onnx/lower.js";
import type { OnnxModel } from "../../../src/frontends/onnx/model.js";
import { toTensor } from "../../../src/frontends/onnx/tensors.js";
import { constantValue, type Value } from "../../../src/frontends/onnx/value.js";
import { graphBuilder } from "../../../src/ir/builder.js";
import { interpret } from "../../../src/ir/interpret.js";
import type * as Decoded from "../../../src/onnx-proto/decoded.js";
import { messages } from "../../../src/onnx-proto/messages.js";
import type { Tensor } from "../../../src/tensor/tensor.js";

const proto2 = Object.entries(messages).map(([name, type]) => [name, { ...type, edition: "proto2" }] as const);
const TensorProto = protobuf.Root.fromJSON({ nested: Object.fromEntries(proto2) }).lookupType("TensorProto");

export function tensorOf(bytes: Uint8Array): Tensor {
  const message = TensorProto.decode(bytes) as unknown as Decoded.TensorMessage;
  return toTensor(message);
}

/**
 * Runs a model by our lowering and the IR's interpreter. Inputs keep their types and shapes.
 * @param known how many of the first inputs are fed; the others are constants, as exporters have them
 */
export function runModel(
  model: OnnxModel,
  inputs: readonly Tensor[],
  known: (input: Tensor, i: number) => boolean,
): readonly Tensor[] {
  const builder = graphBuilder("case");
  const emitter = graphEmitter(builder);
  const feeds: Record<string, Tensor> = {};
  const values = new Map<string, Value>();
  for (const [i, spec] of model.graph.inputs.entries()) {
    const input = inputs[i];
    if (!input) continue;
    if (known(input, i)) values.set(spec.name, constantValue(spec.name, input));
    else {
      builder.input(spec.name, input.dtype, input.shape);
      feeds[spec.name] = input;
      values.set(spec.name, { name: spec.name, type: { dtype: input.dtype, shape: input.shape } });
    }
  }
  const wanted = model.graph.outputs.map(({ name }) => name);
  const results = lowerGraph({ model, emitter, wishes: new Map() }, values, wanted);
  const names = results.map((value) => emitter.nameOf(value));
  const graph = builder.build([...new Set(names)].filter((name) => !(name in feeds)));
  const all = interpret(graph, feeds);
  return names.map((name) => {
    const found = all.get(name);
    if (!found) throw new Error(`no value ${name}`);
    return found;
  });
}
