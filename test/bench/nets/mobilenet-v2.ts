import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs";
import type { TfModule } from "../../../src/engines/tfjs.js";
import { fillRandomly } from "./random-weights.js";

/** Expansion t, channels c, repeats n, stride s of the bottleneck stages: Sandler et al. 2018, table 2. */
const stages = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

/** MobileNetV2 at width 1 and 224x224x3, 1000 classes, with random weights: 3.5 million parameters. */
export function mobileNetV2(tf: TfModule): LayersModel {
  const block = blocks(tf);
  const input = tf.input({ shape: [224, 224, 3], name: "image" });
  let x = block.convolution(input, 32, 3, 2, "stem");
  for (const [stage, [expansion, channels, repeats, stride]] of stages.entries()) {
    for (let i = 0; i < repeats; i++) {
      x = block.bottleneck(x, expansion, channels, i === 0 ? stride : 1, `block_${stage}_${i}`);
    }
  }
  x = block.convolution(x, 1280, 1, 1, "head");
  const pooled = tf.layers.globalAveragePooling2d({ name: "pool" }).apply(x);
  const options = { kernelInitializer: "zeros" as const, activation: "softmax" as const };
  const outputs = tf.layers.dense({ units: 1000, name: "classes", ...options }).apply(pooled) as SymbolicTensor;
  return fillRandomly(tf, tf.model({ inputs: input, outputs, name: "mobilenet_v2" }));
}

function blocks({ layers }: TfModule) {
  const on = (layer: { apply(x: SymbolicTensor): unknown }, x: SymbolicTensor) => layer.apply(x) as SymbolicTensor;
  const settings = { useBias: false, padding: "same" as const, kernelInitializer: "zeros" as const };
  const convolution = (x: SymbolicTensor, filters: number, kernelSize: number, strides: number, name: string) => {
    const y = on(layers.conv2d({ ...settings, filters, kernelSize, strides, name }), x);
    return on(
      layers.reLU({ maxValue: 6, name: `${name}_relu` }),
      on(layers.batchNormalization({ name: `${name}_bn` }), y),
    );
  };
  const bottleneck = (
    x: SymbolicTensor,
    expansion: number,
    channels: number,
    strides: number,
    name: string,
  ): SymbolicTensor => {
    const depth = x.shape[3] ?? 0;
    const wide = expansion === 1 ? x : convolution(x, expansion * depth, 1, 1, `${name}_expand`);
    const kernel = { depthwiseInitializer: "zeros" as const, useBias: false, padding: "same" as const };
    let y = on(layers.depthwiseConv2d({ ...kernel, kernelSize: 3, strides, name: `${name}_depthwise` }), wide);
    y = on(layers.batchNormalization({ name: `${name}_depthwise_bn` }), y);
    y = on(layers.reLU({ maxValue: 6, name: `${name}_depthwise_relu` }), y);
    y = on(layers.conv2d({ ...settings, filters: channels, kernelSize: 1, name: `${name}_project` }), y);
    y = on(layers.batchNormalization({ name: `${name}_project_bn` }), y);
    const residual = strides === 1 && depth === channels;
    return residual ? (layers.add({ name: `${name}_add` }).apply([x, y]) as SymbolicTensor) : y;
  };
  return { convolution, bottleneck };
}
