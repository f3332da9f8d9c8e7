import type { Engine } from "../../src/engines/engine.js";
import { ModelProto } from "../../src/onnx-proto/messages.js";

/** The parts of an ONNX file that a test changes, as protobuf decodes them. */
export interface OnnxParts {
  readonly node: {
    readonly opType: string;
    readonly input: string[];
    readonly attribute: { readonly name: string; i: number }[];
  }[];
  readonly initializer: { readonly name: string; rawData: Uint8Array }[];
}

/** An engine that is given other files than were lowered: what a fault of the lowering would do. */
export function tampering(engine: Engine, edit: (graph: OnnxParts) => void): Engine {
  return {
    ...engine,
    load(model, options) {
      if (typeof model === "string") return engine.load(model, options);
      const file = ModelProto.decode(model) as unknown as { readonly graph: OnnxParts };
      edit(file.graph);
      return engine.load(ModelProto.encode(file as never).finish(), options);
    },
  };
}
