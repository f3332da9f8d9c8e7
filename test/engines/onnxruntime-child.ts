import { toOnnx } from "../../src/backends/onnx/write.js";
import { onnxruntime } from "../../src/engines/onnxruntime.js";
import { graphBuilder } from "../../src/ir/builder.js";
import { tensorFrom } from "../../src/tensor/tensor.js";

/** Makes onnxruntime warn (an initializer that nobody reads) and fail (a feed of the wrong size); prints what came of it. */
const g = graphBuilder("warned");
const x = g.input("x", "float32", ["batch", 2]);
g.constant("unread", tensorFrom("float32", [1], [1]));
const engine = await onnxruntime();
const session = await engine.load(toOnnx(g.build([g.node("Relu", [x])])), { threads: 1, optimization: "all" });
const failed = await session.run({ x: tensorFrom("float32", [1, 3], [1, 2, 3]) }).then(
  () => false,
  () => true,
);
await session.close();
console.log(JSON.stringify({ failed }));
