import type { LayersModel } from "@tensorflow/tfjs";
import type { DataReference } from "../../src/datasets/dataset.js";
import type { TfModule } from "../../src/engines/tfjs.js";

/** How one committed model was made: `npx tsx datasets/models/train.ts <name>` makes it again. */
export interface Recipe {
  readonly name: string;
  /** One line for the model's README. */
  readonly architecture: string;
  /** The data; its test split is never trained on. `path` is relative to the repository. */
  readonly data: DataReference;
  readonly seed: number;
  readonly epochs: number;
  readonly batch: number;
  /** Highest learning rate of Adam; it rises over the first tenth of all steps and falls to 0 as a cosine. */
  readonly rate: number;
  /** Format of the stored weights; float16 halves the file, biases and batch norm stay float32. */
  readonly storage: "float32" | "float16";
  build(tf: TfModule, seed: number): LayersModel;
}

const digits: DataReference = {
  name: "digits",
  reader: "csv",
  path: "datasets/digits/digits.csv",
  settings: { label: "digit", shape: [8, 8, 1], scale: 1 / 16, split: { train: 0.8, test: 0.2, seed: 7 } },
};

const strokes: DataReference = {
  name: "strokes",
  reader: "strokes",
  settings: { count: 20_000, seed: 1, split: { train: 0.8, test: 0.2, seed: 7 } },
};

/** Layers with names and seeds in order: conv_1, batch_norm_1, conv_2, ..., dense_1, ... */
function layerFactory(tf: TfModule, seed: number) {
  const count = { conv: 0, pool: 0, dense: 0, dropout: 0 };
  let next = seed;
  return {
    /** 3x3 convolution without bias, batch normalization, ReLU: the bias would vanish in the normalization. */
    conv(model: { add(layer: unknown): void }, filters: number, inputShape?: number[]): void {
      const n = ++count.conv;
      const kernelInitializer = tf.initializers.heNormal({ seed: next++ });
      const options = { filters, kernelSize: 3, padding: "same" as const, useBias: false, kernelInitializer };
      model.add(tf.layers.conv2d({ ...options, name: `conv_${n}`, ...(inputShape ? { inputShape } : {}) }));
      model.add(tf.layers.batchNormalization({ name: `batch_norm_${n}` }));
      model.add(tf.layers.activation({ activation: "relu", name: `relu_${n}` }));
    },
    pool: () => tf.layers.maxPooling2d({ poolSize: 2, name: `pool_${++count.pool}` }),
    dense(units: number, activation: "relu" | "softmax") {
      const kernelInitializer = tf.initializers.heNormal({ seed: next++ });
      return tf.layers.dense({ units, activation, kernelInitializer, name: `dense_${++count.dense}` });
    },
    dropout: (rate: number) => tf.layers.dropout({ rate, seed: next++, name: `dropout_${++count.dropout}` }),
  };
}

export const recipes: readonly Recipe[] = [
  {
    name: "digits-mlp",
    architecture:
      "[8, 8, 1] -> flatten -> dense 256 ReLU -> dense 128 ReLU -> dense 10 softmax; dropout 0.3 in training",
    data: digits,
    seed: 11,
    epochs: 60,
    batch: 32,
    rate: 2e-3,
    storage: "float32",
    build(tf, seed) {
      const layer = layerFactory(tf, seed);
      const model = tf.sequential({ name: "digits_mlp" });
      model.add(tf.layers.flatten({ inputShape: [8, 8, 1], name: "flatten" }));
      model.add(layer.dense(256, "relu"));
      model.add(layer.dropout(0.3));
      model.add(layer.dense(128, "relu"));
      model.add(layer.dropout(0.3));
      model.add(layer.dense(10, "softmax"));
      return model;
    },
  },
  {
    name: "digits-cnn",
    architecture:
      "[8, 8, 1] -> 3x3 conv 32, 64 (each batch norm, ReLU) -> max pool 2 -> dense 128 ReLU -> dense 10 softmax; dropout 0.4 in training",
    data: digits,
    seed: 12,
    epochs: 40,
    batch: 32,
    rate: 2e-3,
    storage: "float32",
    build(tf, seed) {
      const layer = layerFactory(tf, seed);
      const model = tf.sequential({ name: "digits_cnn" });
      layer.conv(model, 32, [8, 8, 1]);
      layer.conv(model, 64);
      model.add(layer.pool());
      model.add(tf.layers.flatten({ name: "flatten" }));
      model.add(layer.dropout(0.4));
      model.add(layer.dense(128, "relu"));
      model.add(layer.dropout(0.4));
      model.add(layer.dense(10, "softmax"));
      return model;
    },
  },
  {
    name: "strokes-cnn",
    architecture:
      "[32, 32, 1] -> 3x3 conv 32 -> max pool 2 -> 3x3 conv 64, 128 -> max pool 2 -> 3x3 conv 128, 128 (each batch norm, ReLU) -> max pool 2 -> dense 256 ReLU -> dense 26 softmax; dropout 0.4 in training; 43 million multiply-adds",
    data: strokes,
    seed: 13,
    epochs: 7,
    batch: 64,
    rate: 2e-3,
    storage: "float16",
    build(tf, seed) {
      const layer = layerFactory(tf, seed);
      const model = tf.sequential({ name: "strokes_cnn" });
      layer.conv(model, 32, [32, 32, 1]);
      model.add(layer.pool());
      layer.conv(model, 64);
      layer.conv(model, 128);
      model.add(layer.pool());
      layer.conv(model, 128);
      layer.conv(model, 128);
      model.add(layer.pool());
      model.add(tf.layers.flatten({ name: "flatten" }));
      model.add(layer.dropout(0.4));
      model.add(layer.dense(256, "relu"));
      model.add(layer.dropout(0.4));
      model.add(layer.dense(26, "softmax"));
      return model;
    },
  },
];
