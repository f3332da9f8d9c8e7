import { type GraphBuilder, graphBuilder } from "../../ir/builder.js";
import { type Attribute, BATCH, type Graph } from "../../ir/graph.js";
import { type Tensor, tensorFrom } from "../../tensor/tensor.js";
import { INT32 } from "../tfjs/values.js";
import { rotaryTable } from "./rotary-table.js";

/** Sizes and choices of a decoder-only language model, and what its layers are called. */
export interface DecoderConfig {
  readonly name: string;
  readonly vocabulary: number;
  readonly width: number;
  readonly heads: number;
  /** Heads of keys and values; query heads share them in groups. */
  readonly kvHeads: number;
  /** Elements of a head. */
  readonly headSize: number;
  /** Width inside the feed-forward part. */
  readonly inner: number;
  /** Tokens of a sequence in the graph. */
  readonly steps: number;
  readonly epsilon: number;
  readonly norm: "layer" | "rms";
  /** `gated`: down(silu(gate(x)) * up(x)) (Shazeer 2020); else out(activation(in(x))). */
  readonly feedForward: "gated" | "gelu" | "gelu_new" | "relu";
  /** Base of rotary positions; absent where positions are learned. */
  readonly rotaryBase?: number;
  /** Whether the head's kernel is the embedding's table, transposed. */
  readonly tied: boolean;
  readonly names: DecoderNames;
  readonly blocks: readonly BlockNames[];
}

/** Layers outside of the blocks, as the model's own files call them. */
export interface DecoderNames {
  readonly embedding: string;
  readonly positions?: string;
  readonly finalNorm: string;
  readonly head: string;
}

/** Layers of one block. `qkv`: one layer gives queries, keys and values side by side. */
export interface BlockNames {
  readonly attentionNorm: string;
  readonly qkv: string | readonly [query: string, key: string, value: string];
  readonly attention: string;
  readonly output: string;
  readonly mlpNorm: string;
  readonly mlp: readonly [input: string, output: string] | readonly [gate: string, up: string, down: string];
}

/** Where weights come from, float32, by the names of layers. Each is asked for once. */
export interface DecoderWeights {
  /** Rows [rows, width] of embeddings. */
  table(layer: string, rows: number, width: number): Tensor<"float32">;
  /** kernel [inputs, outputs], bias [outputs]. */
  dense(
    layer: string,
    inputs: number,
    outputs: number,
  ): { readonly kernel: Tensor<"float32">; readonly bias?: Tensor<"float32"> };
  /** scale [width]; offset [width] of layer normalization. */
  norm(layer: string, width: number): { readonly scale: Tensor<"float32">; readonly offset?: Tensor<"float32"> };
}

/**
 * The graph of a decoder-only language model: tokens [batch, steps], float32 as all inputs are, to logits
 * [batch, steps, vocabulary]. Blocks normalize before they attend; nodes carry the names of the model's layers.
 * A head that is tied to the embedding has a kernel of its own here.
 */
export function decoderGraph(config: DecoderConfig, weights: DecoderWeights): Graph {
  const builder = graphBuilder(config.name);
  const { names, steps, vocabulary, width } = config;
  const input = builder.input("tokens", "float32", [BATCH, steps]);
  const place: Place = { config, weights, builder, shared: sharedInputs(builder, config, input) };
  const ids = builder.node("Cast", [input], { to: INT32 }, { layer: names.embedding });
  const table = builder.constant(`${names.embedding}/table`, weights.table(names.embedding, vocabulary, width));
  let x = builder.node("Gather", [table, ids], { axis: 0 }, { layer: names.embedding });
  if (names.positions !== undefined) {
    const rows = builder.constant(`${names.positions}/table`, weights.table(names.positions, steps, width));
    x = builder.node("Add", [x, rows], {}, { layer: names.positions });
  }
  for (const block of config.blocks) x = addBlock(place, x, block);
  const logits = dense(place, normalized(place, x, names.finalNorm), names.head, vocabulary);
  return builder.build([logits]);
}

interface Place {
  readonly config: DecoderConfig;
  readonly weights: DecoderWeights;
  readonly builder: GraphBuilder;
  /** Inputs of attention behind queries, keys and values: lengths and tables of rotary positions. */
  readonly shared: readonly string[];
}

/** Every sequence has `steps` steps: the last one int32 [batch], their number int32 []; and the rotary tables. */
function sharedInputs(builder: GraphBuilder, config: DecoderConfig, tokens: string): string[] {
  const { steps, headSize, rotaryBase } = config;
  const list = (name: string, value: number) =>
    builder.constant(`attention/${name}`, tensorFrom("int64", [1], [value]));
  const column = builder.node("Slice", [tokens, list("from", 0), list("to", 1), list("axis", 1)]);
  // The place of the largest of one element: as many zeros as the batch has sequences, whatever the tokens are.
  const zeros = builder.node("Cast", [builder.node("ArgMax", [column], { axis: 1, keepdims: 0 })], { to: INT32 });
  const last = builder.node("Add", [
    zeros,
    builder.constant("attention/last_step", tensorFrom("int32", [], [steps - 1])),
  ]);
  const total = builder.constant("attention/steps", tensorFrom("int32", [], [steps]));
  if (rotaryBase === undefined) return [last, total];
  const { cos, sin } = rotaryTable(steps, headSize, rotaryBase);
  return [last, total, builder.constant("rotary/cos", cos), builder.constant("rotary/sin", sin)];
}

function addBlock(place: Place, x: string, names: BlockNames): string {
  const { builder, config } = place;
  const attended = addAttention(place, normalized(place, x, names.attentionNorm), names);
  const middle = builder.node(
    "Add",
    [x, dense(place, attended, names.output, config.width)],
    {},
    { layer: names.output },
  );
  const fed = feedForward(place, normalized(place, middle, names.mlpNorm), names.mlp);
  return builder.node("Add", [middle, fed], {}, { layer: names.mlp.at(-1) ?? "" });
}

function addAttention(place: Place, x: string, { qkv, attention }: BlockNames): string {
  const { config, builder, shared } = place;
  const { heads, kvHeads, headSize, rotaryBase } = config;
  const widths = [heads, kvHeads, kvHeads].map((count) => count * headSize);
  const operands =
    typeof qkv === "string"
      ? splitInto(place, x, qkv, widths)
      : qkv.map((layer, i) => dense(place, x, layer, widths[i] ?? 0));
  const attributes = { num_heads: heads, kv_num_heads: kvHeads, do_rotary: rotaryBase === undefined ? 0 : 1 };
  return builder.node("GroupQueryAttention", [...operands, "", "", ...shared], attributes, {
    layer: attention,
    domain: "com.microsoft",
  });
}

function splitInto(place: Place, x: string, layer: string, widths: readonly number[]): readonly string[] {
  const { builder } = place;
  const sizes = builder.constant(`${layer}/sizes`, tensorFrom("int64", [widths.length], [...widths]));
  const together = dense(
    place,
    x,
    layer,
    widths.reduce((sum, width) => sum + width, 0),
  );
  return builder.node("Split", [together, sizes], { axis: -1 }, { layer, outputs: widths.length });
}

function feedForward(place: Place, x: string, layers: BlockNames["mlp"]): string {
  const { builder, config } = place;
  const [first, second, third] = layers;
  const inside = dense(place, x, first, config.inner);
  if (third === undefined)
    return dense(place, activated(builder, inside, first, config.feedForward), second, config.width);
  const open = builder.node(
    "Mul",
    [inside, builder.node("Sigmoid", [inside], {}, { layer: first })],
    {},
    { layer: first },
  );
  const gated = builder.node("Mul", [open, dense(place, x, second, config.inner)], {}, { layer: second });
  return dense(place, gated, third, config.width);
}

function activated(builder: GraphBuilder, x: string, layer: string, kind: DecoderConfig["feedForward"]): string {
  if (kind === "relu") return builder.node("Relu", [x], {}, { layer });
  return builder.node("Gelu", [x], { approximate: kind === "gelu_new" ? "tanh" : "none" }, { layer });
}

function dense({ builder, weights }: Place, x: string, layer: string, outputs: number): string {
  const { kernel, bias } = weights.dense(layer, Number(builder.typeOf(x).shape.at(-1)), outputs);
  const product = builder.node("MatMul", [x, builder.constant(`${layer}/kernel`, kernel)], {}, { layer });
  return bias ? builder.node("Add", [product, builder.constant(`${layer}/bias`, bias)], {}, { layer }) : product;
}

function normalized({ builder, weights, config }: Place, x: string, layer: string): string {
  const { scale, offset } = weights.norm(layer, config.width);
  const attributes: Record<string, Attribute> = { axis: -1, epsilon: config.epsilon };
  const operands = [x, builder.constant(`${layer}/scale`, scale)];
  if (config.norm === "rms") return builder.node("SimplifiedLayerNormalization", operands, attributes, { layer });
  if (offset) operands.push(builder.constant(`${layer}/offset`, offset));
  return builder.node("LayerNormalization", operands, attributes, { layer });
}
