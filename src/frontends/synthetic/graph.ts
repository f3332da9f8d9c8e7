import { type GraphBuilder, graphBuilder } from "../../ir/builder.js";
import type { Attribute, Graph } from "../../ir/graph.js";
import { BATCH } from "../../ir/graph.js";
import { type Tensor, tensor, tensorFrom } from "../../tensor/tensor.js";
import { rotaryTable } from "../decoder/rotary-table.js";
import type { SyntheticConfig } from "./config.js";
import { type RandomWeights, randomWeights } from "./weights.js";

const CONTRIB = { domain: "com.microsoft" } as const;
/** ONNX's code of int32. */
const INT32 = 6;
const ROTARY_BASE = 10_000;

/**
 * A decoder-only language model with random weights: tokens [batch, tokens], float32 as all inputs are, to logits [batch,
 * tokens, vocabulary]. It is made of what a trained model of its sizes is made of, so that it takes the same time; what it
 * says means nothing.
 */
export function syntheticGraph(config: SyntheticConfig): Graph {
  const builder = graphBuilder(`synthetic ${config.family}`);
  const place: Place = { builder, config, weights: randomWeights(config.seed) };
  const { hidden, vocabulary, tokens } = config;
  const input = builder.input("tokens", "float32", [BATCH, tokens]);
  const ids = builder.node("Cast", [input], { to: INT32 }, { layer: "embedding" });
  const table = builder.constant("embedding/table", place.weights.matrix([vocabulary, hidden]));
  let value = builder.node("Gather", [table, ids], { axis: 0 }, { layer: "embedding" });
  if (config.family === "gpt2") {
    const positions = builder.constant("positions/table", place.weights.matrix([tokens, hidden]));
    value = builder.node("Add", [value, positions], {}, { layer: "positions" });
  }
  const lengths = lengthsOf(place, input);
  for (let i = 1; i <= config.layers; i++) value = addLayer(place, value, lengths, `block_${i}`);
  value = normalize(place, value, "final_norm");
  return builder.build([project(place, value, "head", vocabulary)]);
}

interface Place {
  readonly builder: GraphBuilder;
  readonly config: SyntheticConfig;
  readonly weights: RandomWeights;
}

/** What attention is told of the lengths of its sequences, all `tokens` long: int32 [batch] and []. */
interface Lengths {
  readonly last: string;
  readonly total: string;
}

function lengthsOf({ builder, config: { tokens } }: Place, input: string): Lengths {
  const layer = { layer: "lengths" };
  const list = (name: string, values: number[]) => builder.constant(name, tensorFrom("int64", [values.length], values));
  // As many zeros as the batch has sequences: the only operator that counts them is one that looks for a maximum.
  const column = builder.node(
    "Slice",
    [input, list("lengths/from", [0]), list("lengths/to", [1]), list("lengths/axis", [1])],
    {},
    layer,
  );
  const zeros = builder.node("ArgMax", [column], { axis: 1, keepdims: 0 }, layer);
  const counted = builder.node("Cast", [zeros], { to: INT32 }, layer);
  const lastStep = builder.constant("lengths/last_step", tensorFrom("int32", [1], [tokens - 1]));
  return {
    last: builder.node("Add", [counted, lastStep], {}, layer),
    total: builder.constant("lengths/total", tensorFrom("int32", [], [tokens])),
  };
}

function addLayer(place: Place, value: string, lengths: Lengths, name: string): string {
  const { builder, config } = place;
  const attended = addAttention(place, normalize(place, value, `${name}/attention_norm`), lengths, name);
  const after = builder.node("Add", [value, attended], {}, { layer: `${name}/attention_add` });
  const normal = normalize(place, after, `${name}/mlp_norm`);
  const fed = config.family === "llama" ? addSwiGlu(place, normal, name) : addGelu(place, normal, name);
  return builder.node("Add", [after, fed], {}, { layer: `${name}/mlp_add` });
}

function addAttention(place: Place, value: string, lengths: Lengths, name: string): string {
  const { builder, config } = place;
  const { hidden, heads, kvHeads, tokens, family } = config;
  const size = hidden / heads;
  const query = project(place, value, `${name}/query`, hidden);
  const key = project(place, value, `${name}/key`, size * kvHeads);
  const values = project(place, value, `${name}/value`, size * kvHeads);
  const isRotary = family === "llama";
  const { cos, sin } = rotaryTable(tokens, size, ROTARY_BASE);
  const tables = isRotary ? [shared(builder, "rotary/cos", cos), shared(builder, "rotary/sin", sin)] : [];
  const attributes = { num_heads: heads, kv_num_heads: kvHeads, ...(isRotary ? { do_rotary: 1 } : {}) };
  const inputs = [query, key, values, "", "", lengths.last, lengths.total, ...tables];
  const attended = contrib(place, "GroupQueryAttention", inputs, attributes, `${name}/attention`);
  return project(place, attended, `${name}/attention_output`, hidden);
}

/** A constant that layers share. */
function shared(builder: GraphBuilder, name: string, value: Tensor): string {
  if (builder.freeName(name) !== name) return name;
  return builder.constant(name, value);
}

/** (silu(x gate) * (x up)) down (Shazeer 2020, arXiv:2002.05202). */
function addSwiGlu(place: Place, value: string, name: string): string {
  const { builder, config } = place;
  const layer = { layer: `${name}/mlp_gate` };
  const gate = project(place, value, `${name}/mlp_gate`, config.intermediate);
  const up = project(place, value, `${name}/mlp_up`, config.intermediate);
  const open = builder.node("Sigmoid", [gate], {}, layer);
  const gated = builder.node("Mul", [builder.node("Mul", [gate, open], {}, layer), up], {}, layer);
  return project(place, gated, `${name}/mlp_down`, config.hidden);
}

function addGelu(place: Place, value: string, name: string): string {
  const inside = project(place, value, `${name}/mlp_in`, place.config.intermediate);
  const bent = place.builder.node("Gelu", [inside], { approximate: "tanh" }, { layer: `${name}/mlp_in` });
  return project(place, bent, `${name}/mlp_out`, place.config.hidden);
}

/** `value x weight`, of the gpt2 family with a bias. */
function project({ builder, config, weights }: Place, value: string, layer: string, outputs: number): string {
  const inputs = Number(builder.typeOf(value).shape.at(-1));
  const weight = builder.constant(`${layer}/kernel`, weights.matrix([inputs, outputs]));
  const product = builder.node("MatMul", [value, weight], {}, { layer });
  if (config.family === "llama" || layer === "head") return product;
  const bias = builder.constant(`${layer}/bias`, tensor("float32", [outputs], new Float32Array(outputs).fill(0.01)));
  return builder.node("Add", [product, bias], {}, { layer });
}

function normalize({ builder, config }: Place, value: string, layer: string): string {
  const { hidden, family } = config;
  const scale = builder.constant(`${layer}/scale`, tensor("float32", [hidden], new Float32Array(hidden).fill(1)));
  if (family === "llama") {
    return builder.node("SimplifiedLayerNormalization", [value, scale], { axis: -1, epsilon: 1e-5 }, { layer });
  }
  const bias = builder.constant(`${layer}/offset`, tensor("float32", [hidden], new Float32Array(hidden)));
  return builder.node("LayerNormalization", [value, scale, bias], { axis: -1, epsilon: 1e-5 }, { layer });
}

function contrib(
  { builder }: Place,
  opType: string,
  inputs: readonly string[],
  attributes: Readonly<Record<string, Attribute>>,
  layer: string,
): string {
  return builder.node(opType, inputs, attributes, { ...CONTRIB, layer });
}
