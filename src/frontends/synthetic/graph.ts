import type { Graph } from "../../ir/graph.js";
import { type Tensor, tensor } from "../../tensor/tensor.js";
import { type BlockNames, type DecoderConfig, type DecoderWeights, decoderGraph } from "../decoder/blocks.js";
import type { SyntheticConfig } from "./config.js";
import { randomWeights } from "./weights.js";

const ROTARY_BASE = 10_000;
const EPSILON = 1e-5;

/**
 * A decoder-only language model with random weights, of the blocks that trained ones are read into: tokens [batch, tokens],
 * float32, to logits [batch, tokens, vocabulary]. It takes the time of a trained model of its sizes; what it says means
 * nothing.
 */
export function syntheticGraph(config: SyntheticConfig): Graph {
  return decoderGraph(decoderConfig(config), decoderWeights(config));
}

function decoderConfig(config: SyntheticConfig): DecoderConfig {
  const { family, hidden, heads, kvHeads, intermediate, vocabulary, tokens, layers } = config;
  const isLlama = family === "llama";
  return {
    ...{ name: `synthetic ${family}`, vocabulary, width: hidden, heads, kvHeads, inner: intermediate, steps: tokens },
    headSize: hidden / heads,
    epsilon: EPSILON,
    norm: isLlama ? "rms" : "layer",
    feedForward: isLlama ? "gated" : "gelu_new",
    ...(isLlama ? { rotaryBase: ROTARY_BASE } : {}),
    tied: false,
    names: {
      ...{ embedding: "embedding", finalNorm: "final_norm", head: "head" },
      ...(isLlama ? {} : { positions: "positions" }),
    },
    blocks: Array.from({ length: layers }, (_, i) => blockNames(`block_${i + 1}`, isLlama)),
  };
}

function blockNames(block: string, isLlama: boolean): BlockNames {
  const of = (part: string) => `${block}/${part}`;
  return {
    ...{ attentionNorm: of("attention_norm"), attention: of("attention"), output: of("attention_output") },
    qkv: [of("query"), of("key"), of("value")],
    mlpNorm: of("mlp_norm"),
    mlp: isLlama ? [of("mlp_gate"), of("mlp_up"), of("mlp_down")] : [of("mlp_in"), of("mlp_out")],
  };
}

function decoderWeights({ family, seed }: SyntheticConfig): DecoderWeights {
  const random = randomWeights(seed);
  return {
    table: (_, rows, width) => random.matrix([rows, width]),
    dense: (layer, inputs, outputs) => ({
      kernel: random.matrix([inputs, outputs]),
      ...(family === "gpt2" && layer !== "head" ? { bias: filled(outputs, 0.01) } : {}),
    }),
    norm: (_, width) => ({ scale: filled(width, 1), ...(family === "gpt2" ? { offset: filled(width, 0) } : {}) }),
  };
}

function filled(length: number, value: number): Tensor<"float32"> {
  return tensor("float32", [length], new Float32Array(length).fill(value));
}
