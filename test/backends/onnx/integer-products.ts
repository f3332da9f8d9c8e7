import { graphBuilder } from "../../../src/ir/builder.js";
import type { Graph } from "../../../src/ir/graph.js";
import { type DType, tensorFrom } from "../../../src/tensor/tensor.js";

/** A small picture through every kind of integer product that Nibble emits, one after another. */
export function integerProducts(): Graph {
  const g = graphBuilder("products");
  let count = 0;
  const numbers = (dtype: DType, shape: readonly number[], value: (i: number) => number) => {
    const size = shape.reduce((a, b) => a * b, 1);
    return g.constant(
      `c${count++}`,
      tensorFrom(
        dtype,
        shape,
        Array.from({ length: size }, (_, i) => value(i)),
      ),
    );
  };
  const scale = () => numbers("float32", [], () => 0.05);
  const zero = () => numbers("uint8", [], () => 3);
  const weights = (shape: readonly number[]) => numbers("int8", shape, (i) => ((i * 37) % 255) - 127);
  const zeros = (size: number) => numbers("int8", [size], () => 0);
  const scales = (size: number) => numbers("float32", [size], (i) => 0.001 * (i + 1));
  const bias = (size: number) => numbers("int32", [size], (i) => 100 * i);
  const ms = (name: string) => ({ domain: "com.microsoft", name }) as const;

  const image = g.input("image", "float32", ["batch", 4, 4, 2]);
  const nchw = g.node("Transpose", [image], { perm: [0, 3, 1, 2] });
  const codes = g.node("QuantizeLinear", [nchw, scale(), zero()]);
  const convInputs = [codes, scale(), zero(), weights([4, 2, 3, 3]), scales(4), zeros(4), scale(), zero(), bias(4)];
  const conv = g.node("QLinearConv", convInputs, { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }, { name: "conv" });
  const added = g.node("QLinearAdd", [conv, scale(), zero(), conv, scale(), zero(), scale(), zero()], {}, ms("added"));
  const pooled = g.node("MaxPool", [added], { kernel_shape: [2, 2], strides: [2, 2] });
  const flat = g.node("Flatten", [pooled], { axis: 1 });
  const gemmInputs = [flat, scale(), zero(), weights([16, 8]), scales(8), zeros(8), bias(8), scale(), zero()];
  const gemm = g.node("QGemm", gemmInputs, {}, ms("gemm"));
  const matmulInputs = [gemm, scale(), zero(), weights([8, 8]), scales(8), zeros(8), scale(), zero()];
  const matmul = g.node("QLinearMatMul", matmulInputs, {}, { name: "matmul" });
  const float = g.node("DequantizeLinear", [matmul, scale(), zero()]);
  const dynamic = g.node("DynamicQuantizeMatMul", [float, weights([8, 32]), scales(32), zeros(32)], {}, ms("dynamic"));
  const packed = numbers("uint8", [5, 1, 16], (i) => (i * 7) % 256);
  const blocked = { K: 32, N: 5, bits: 4, block_size: 32, accuracy_level: 4 };
  g.node("MatMulNBits", [dynamic, packed, scales(5)], blocked, ms("blocked"));
  return g.build(["blocked"]);
}
