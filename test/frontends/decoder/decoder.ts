import type * as tfjs from "@tensorflow/tfjs";
import { decoderLayers } from "../../../src/engines/decoder-layers.js";
import { tf } from "../tfjs/parity.js";

/** A small decoder-only model; each field is one choice of the families that Nibble knows. */
export interface SmallDecoder {
  readonly steps: number;
  readonly classes: number;
  readonly width: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly blocks: number;
  /** Rotary positions of this base; null for a learned table. */
  readonly rotaryBase: number | null;
  readonly norm: "layer" | "rms";
}

export const small: SmallDecoder = {
  steps: 6,
  classes: 11,
  width: 64,
  heads: 4,
  kvHeads: 4,
  blocks: 2,
  rotaryBase: 100,
  norm: "layer",
};

/** The model in TF.js: tokens [batch, steps] to logits [batch, steps, classes]. */
export function smallDecoder(options: Partial<SmallDecoder> = {}): tfjs.LayersModel {
  const { steps, classes, width, heads, kvHeads, blocks, rotaryBase, norm } = { ...small, ...options };
  const { causalSelfAttention, positionEmbedding, rmsNormalization } = decoderLayers(tf);
  const apply = (layer: { apply(x: never): unknown }, x: unknown) => layer.apply(x as never) as tfjs.SymbolicTensor;
  const dense = (units: number, name: string, x: tfjs.SymbolicTensor, activation?: "relu") =>
    apply(tf.layers.dense({ units, name, ...(activation ? { activation } : {}) }), x);
  const normed = (name: string, x: tfjs.SymbolicTensor) =>
    apply(norm === "rms" ? rmsNormalization({ name }) : tf.layers.layerNormalization({ name }), x);

  const tokens = tf.input({ shape: [steps], dtype: "int32", name: "tokens" });
  let x = apply(tf.layers.embedding({ inputDim: classes, outputDim: width, name: "embedding" }), tokens);
  if (rotaryBase === null) x = apply(positionEmbedding({ positions: steps + 3, name: "positions" }), x);
  for (let b = 1; b <= blocks; b++) {
    const before = normed(`norm_${b}`, x);
    const narrow = (width / heads) * kvHeads;
    const operands = [
      dense(width, `query_${b}`, before),
      dense(narrow, `key_${b}`, before),
      dense(narrow, `value_${b}`, before),
    ];
    const mixed = apply(causalSelfAttention({ heads, kvHeads, rotaryBase, name: `attention_${b}` }), operands);
    x = apply(tf.layers.add({ name: `add_${b}` }), [x, dense(width, `out_${b}`, mixed)]);
    const inner = dense(width, `mlp_out_${b}`, dense(2 * width, `mlp_in_${b}`, x, "relu"));
    x = apply(tf.layers.add({ name: `mlp_add_${b}` }), [x, inner]);
  }
  return tf.model({ inputs: tokens, outputs: dense(classes, "logits", x) });
}
