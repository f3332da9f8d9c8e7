import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs";
import type { TfModule } from "../../../src/engines/tfjs.js";
import { fillRandomly } from "./random-weights.js";

/** Channels inside the bottlenecks and their number in each stage: He et al. 2016, table 1, 50-layer. */
const stages = [
  [64, 3],
  [128, 4],
  [256, 6],
  [512, 3],
] as const;

/** ResNet-50 (strides in the 3x3 convolutions) at 224x224x3, 1000 classes, with random weights: 25.6 million parameters. */
export function resNet50(tf: TfModule): LayersModel {
  const { layers } = tf;
  const { convolution, relu, bottleneck } = blocks(tf);
  const input = tf.input({ shape: [224, 224, 3], name: "image" });
  let x = relu(convolution(input, 64, 7, 2, "stem"), "stem");
  x = layers.maxPooling2d({ poolSize: 3, strides: 2, padding: "same", name: "stem_pool" }).apply(x) as SymbolicTensor;
  for (const [stage, [channels, repeats]] of stages.entries()) {
    for (let i = 0; i < repeats; i++) {
      x = bottleneck(x, channels, i === 0 && stage > 0 ? 2 : 1, `block_${stage}_${i}`);
    }
  }
  const pooled = layers.globalAveragePooling2d({ name: "pool" }).apply(x);
  const options = { kernelInitializer: "zeros" as const, activation: "softmax" as const };
  const outputs = layers.dense({ units: 1000, name: "classes", ...options }).apply(pooled) as SymbolicTensor;
  return fillRandomly(tf, tf.model({ inputs: input, outputs, name: "resnet_50" }));
}

function blocks({ layers }: TfModule) {
  const on = (layer: { apply(x: SymbolicTensor): unknown }, x: SymbolicTensor) => layer.apply(x) as SymbolicTensor;
  const settings = { useBias: false, padding: "same" as const, kernelInitializer: "zeros" as const };
  const convolution = (x: SymbolicTensor, filters: number, kernelSize: number, strides: number, name: string) =>
    on(
      layers.batchNormalization({ name: `${name}_bn` }),
      on(layers.conv2d({ ...settings, filters, kernelSize, strides, name }), x),
    );
  const relu = (x: SymbolicTensor, name: string) => on(layers.reLU({ name: `${name}_relu` }), x);
  const bottleneck = (x: SymbolicTensor, channels: number, strides: number, name: string): SymbolicTensor => {
    let y = relu(convolution(x, channels, 1, 1, `${name}_1`), `${name}_1`);
    y = relu(convolution(y, channels, 3, strides, `${name}_2`), `${name}_2`);
    y = convolution(y, 4 * channels, 1, 1, `${name}_3`);
    const same = strides === 1 && x.shape[3] === 4 * channels;
    const shortcut = same ? x : convolution(x, 4 * channels, 1, strides, `${name}_0`);
    return relu(layers.add({ name: `${name}_add` }).apply([shortcut, y]) as SymbolicTensor, `${name}_add`);
  };
  return { convolution, relu, bottleneck };
}
