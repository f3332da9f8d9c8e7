import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs";
import type { SplitSetting } from "../../src/base/option.js";
import { decoderLayers } from "../../src/engines/decoder-layers.js";
import type { TfModule } from "../../src/engines/tfjs.js";

/** How one committed language model was made: `npx tsx datasets/models/train-language.ts <name>` makes it again. */
export interface LanguageRecipe {
  readonly name: string;
  readonly blocks: number;
  readonly width: number;
  readonly heads: number;
  /** Tokens of a sequence. */
  readonly length: number;
  /** Tokens that the tokenizer learns from the training text. */
  readonly vocabulary: number;
  readonly split: SplitSetting;
  readonly seed: number;
  /** Sequences of a step. */
  readonly batch: number;
  readonly steps: number;
  /** Highest learning rate of Adam; it rises over the first twentieth of all steps and falls to 0 as a cosine. */
  readonly rate: number;
}

const common = { length: 128, vocabulary: 1024, split: { train: 0.9, test: 0.1, seed: 7 }, batch: 8 };

export const languageRecipes: readonly LanguageRecipe[] = [
  { ...common, name: "declarations-lm", blocks: 4, width: 256, heads: 4, seed: 21, steps: 2400, rate: 1e-3 },
  { ...common, name: "declarations-lm-small", blocks: 2, width: 96, heads: 3, seed: 22, steps: 2400, rate: 3e-3 },
];

/** One line for the model's README. */
export function architecture({ blocks, width, heads, length, vocabulary }: LanguageRecipe): string {
  return (
    `tokens [${length}] of ${vocabulary} -> embedding ${width} -> ${blocks} blocks (LayerNorm, causal attention of ` +
    `${heads} heads with rotary positions, LayerNorm, dense ${4 * width} GELU, dense ${width}) -> LayerNorm -> dense ${vocabulary}`
  );
}

/**
 * A decoder-only language model: tokens [batch, length] to logits [batch, length, vocabulary]. Blocks normalize before
 * they attend (Radford et al. 2019); positions are rotary (Su et al. 2021). All weights sit in layers of TF.js itself.
 */
export function buildLanguageModel(tf: TfModule, recipe: LanguageRecipe): LayersModel {
  const { blocks, width, heads, length, vocabulary } = recipe;
  const { causalSelfAttention } = decoderLayers(tf);
  let seed = recipe.seed;
  const normal = (stddev: number) => tf.initializers.randomNormal({ mean: 0, stddev, seed: seed++ });
  const dense = (x: SymbolicTensor, name: string, units: number, stddev: number, activation?: "gelu_new") => {
    const options = { units, name, kernelInitializer: normal(stddev), ...(activation ? { activation } : {}) };
    return tf.layers.dense(options as Parameters<typeof tf.layers.dense>[0]).apply(x) as SymbolicTensor;
  };
  const norm = (x: SymbolicTensor, name: string) =>
    tf.layers.layerNormalization({ name, epsilon: 1e-5 }).apply(x) as SymbolicTensor;
  const add = (a: SymbolicTensor, b: SymbolicTensor, name: string) =>
    tf.layers.add({ name }).apply([a, b]) as SymbolicTensor;

  const tokens = tf.input({ shape: [length], dtype: "int32", name: "tokens" });
  const table = tf.layers.embedding({
    inputDim: vocabulary,
    outputDim: width,
    embeddingsInitializer: normal(0.02),
    name: "embedding",
  });
  let x = table.apply(tokens) as SymbolicTensor;
  // What adds to the residual stream starts smaller the more blocks add to it (Radford et al. 2019).
  const deep = 0.02 / Math.sqrt(2 * blocks);
  for (let b = 1; b <= blocks; b++) {
    const at = (part: string) => `block_${b}_${part}`;
    const before = norm(x, at("attention_norm"));
    const qkv = ["query", "key", "value"].map((part) => dense(before, at(part), width, 0.02));
    const mixed = causalSelfAttention({ heads, rotaryBase: 10_000, name: at("attention") }).apply(
      qkv,
    ) as SymbolicTensor;
    x = add(x, dense(mixed, at("attention_output"), width, deep), at("attention_add"));
    const inner = dense(norm(x, at("mlp_norm")), at("mlp_in"), 4 * width, 0.02, "gelu_new");
    x = add(x, dense(inner, at("mlp_out"), width, deep), at("mlp_add"));
  }
  const logits = dense(norm(x, "final_norm"), "logits", vocabulary, 0.02);
  return tf.model({ inputs: tokens, outputs: logits, name: recipe.name.replaceAll("-", "_") });
}
