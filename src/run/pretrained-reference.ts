import type { Tensor2D, Tensor as TfTensor } from "@tensorflow/tfjs";
import type { Dataset } from "../datasets/dataset.js";
import { decoderLayers } from "../engines/decoder-layers.js";
import type { TfModule } from "../engines/tfjs.js";
import type { BlockNames, DecoderConfig } from "../frontends/decoder/blocks.js";
import type { Pretrained } from "../frontends/decoder/pretrained.js";
import { type Tensor, tensor } from "../tensor/tensor.js";
import { batches, joinBatches } from "./inference.js";

/**
 * A language model of safetensors files computed by TF.js, operation by operation: the oracle of its graph.
 * @returns logits [samples, steps, vocabulary]
 */
export function runPretrained(
  tf: TfModule,
  { config, weights }: Pretrained,
  dataset: Dataset,
  samples: Int32Array,
): Tensor<"float32">[] {
  const model = evaluator(tf, config, weights);
  const parts: Tensor<"float32">[] = [];
  for (const indices of batches(samples)) {
    const [tokens] = dataset.read(indices);
    if (!tokens) throw new Error("reference: the data has no tokens");
    const logits = tf.tidy(() => model(tf.tensor(tokens.data, [...tokens.shape], "int32")));
    parts.push(tensor("float32", logits.shape, Float32Array.from(logits.dataSync())));
    logits.dispose();
  }
  return [joinBatches(parts)];
}

/** The model as a function of tokens [batch, steps]; its weights are read once and stay in TF.js. */
function evaluator(tf: TfModule, config: DecoderConfig, weights: Pretrained["weights"]) {
  const { names, width, heads, kvHeads, headSize, inner, vocabulary, steps, rotaryBase } = config;
  const attend = decoderLayers(tf).causalSelfAttention({ heads, kvHeads, rotaryBase: rotaryBase ?? null });
  const held = ({ data, shape }: Tensor<"float32">) => tf.keep(tf.tensor(data, [...shape]));

  const dense = (layer: string, inputs: number, outputs: number) => {
    const { kernel, bias } = weights.dense(layer, inputs, outputs);
    const [k, b] = [held(kernel), bias && held(bias)];
    return (x: TfTensor): TfTensor => {
      const flat = tf.matMul(x.reshape([-1, inputs]), k as Tensor2D).reshape([...x.shape.slice(0, -1), outputs]);
      return b ? flat.add(b) : flat;
    };
  };
  const norm = (layer: string) => {
    const { scale, offset } = weights.norm(layer, width);
    const [s, o] = [held(scale), offset && held(offset)];
    return (x: TfTensor): TfTensor => {
      const centred = o ? x.sub(x.mean(-1, true)) : x;
      const scaled = centred.div(centred.square().mean(-1, true).add(config.epsilon).sqrt()).mul(s);
      return o ? scaled.add(o) : scaled;
    };
  };
  const projections = (qkv: BlockNames["qkv"]) => {
    const sizes = [heads * headSize, kvHeads * headSize, kvHeads * headSize];
    if (typeof qkv !== "string") {
      const each = qkv.map((layer, i) => dense(layer, width, sizes[i] ?? 0));
      return (x: TfTensor) => each.map((layer) => layer(x));
    }
    const together = dense(
      qkv,
      width,
      sizes.reduce((sum, size) => sum + size, 0),
    );
    return (x: TfTensor) => tf.split(together(x), sizes, 2);
  };
  const feedForward = ([first, second, third]: BlockNames["mlp"]) => {
    const into = dense(first, width, inner);
    if (third === undefined) {
      const out = dense(second, inner, width);
      return (x: TfTensor) => out(activated(tf, into(x), config.feedForward));
    }
    const [up, down] = [dense(second, width, inner), dense(third, inner, width)];
    return (x: TfTensor) => {
      const gate = into(x);
      return down(gate.mul(gate.sigmoid()).mul(up(x)));
    };
  };
  const block = (b: BlockNames) => {
    const [before, qkv, output] = [norm(b.attentionNorm), projections(b.qkv), dense(b.output, heads * headSize, width)];
    const [middle, feed] = [norm(b.mlpNorm), feedForward(b.mlp)];
    return (x: TfTensor) => {
      const attended = x.add(output(attend.call(qkv(before(x)), {}) as TfTensor));
      return attended.add(feed(middle(attended)));
    };
  };

  const table = held(weights.table(names.embedding, vocabulary, width));
  const positions = names.positions === undefined ? undefined : held(weights.table(names.positions, steps, width));
  const blocks = config.blocks.map(block);
  const [last, head] = [norm(names.finalNorm), dense(names.head, width, vocabulary)];
  return (tokens: TfTensor): TfTensor => {
    const embedded = tf.gather(table, tokens as Tensor2D);
    const start = positions ? embedded.add(positions) : embedded;
    return head(last(blocks.reduce((x, next) => next(x), start)));
  };
}

function activated(tf: TfModule, x: TfTensor, kind: DecoderConfig["feedForward"]): TfTensor {
  if (kind === "relu") return x.relu();
  if (kind === "gelu") return x.mul(0.5).mul(tf.erf(x.div(Math.SQRT2)).add(1));
  const inside = x.add(x.pow(3).mul(0.044715)).mul(Math.sqrt(2 / Math.PI));
  return x.mul(0.5).mul(inside.tanh().add(1));
}
