import { fail } from "../../base/diagnostic.js";
import { isObject, type Json, type JsonObject, shown } from "../tfjs/json.js";
import type { BlockNames, DecoderConfig } from "./blocks.js";
import { headStep } from "./rotary-table.js";

/** `config.json` of Hugging Face's libraries as the sizes and choices of a decoder. */

/** Larger sizes are damage, and not what a CPU runs. */
const MOST = 2 ** 20;
const MOST_BLOCKS = 512;

/** Tokens of a sequence unless the program says otherwise, or the model knows fewer positions. */
const STEPS = 128;

interface Family {
  /** What `model_type` says. */
  readonly types: readonly string[];
  read(options: Options, steps: number | undefined): DecoderConfig;
}

/** Options of a config.json, each checked where it is read. */
interface Options {
  readonly path: string;
  readonly json: JsonObject;
  integer(name: string, fallback?: number): number;
  number(name: string, fallback: number): number;
  choice<T extends string>(name: string, choices: Readonly<Record<string, T>>, fallback: string): T;
  /** Refuses any other value than these; an absent option is one of them. */
  plain(name: string, values: readonly (Json | undefined)[], why: string): void;
}

const activations = { gelu: "gelu", gelu_new: "gelu_new", gelu_pytorch_tanh: "gelu_new", relu: "relu" } as const;

/** GPT-2 (Radford et al. 2019): learned positions, layer normalization, queries, keys and values from one layer. */
const gpt2: Family = {
  types: ["gpt2"],
  read(options, wanted) {
    const width = options.integer("n_embd");
    const heads = options.integer("n_head");
    options.plain("scale_attn_weights", [true, undefined], "products are not divided by the root of the head's size");
    options.plain("scale_attn_by_inverse_layer_idx", [false, undefined], "attention scales by the layer's number");
    options.plain("add_cross_attention", [false, undefined], "the model reads another one's output");
    const positions = options.integer("n_positions", 1024);
    const block = (i: number): BlockNames => ({
      attentionNorm: `h.${i}.ln_1`,
      qkv: `h.${i}.attn.c_attn`,
      attention: `h.${i}.attn`,
      output: `h.${i}.attn.c_proj`,
      mlpNorm: `h.${i}.ln_2`,
      mlp: [`h.${i}.mlp.c_fc`, `h.${i}.mlp.c_proj`],
    });
    return {
      name: "gpt2",
      ...{ vocabulary: options.integer("vocab_size"), width, heads, kvHeads: heads },
      headSize: headSize(options, "n_head", width, heads),
      inner: options.integer("n_inner", 4 * width),
      steps: stepsOf(options, wanted, positions),
      epsilon: options.number("layer_norm_epsilon", 1e-5),
      norm: "layer",
      feedForward: options.choice("activation_function", activations, "gelu_new"),
      tied: options.json.tie_word_embeddings !== false,
      names: { embedding: "wte", positions: "wpe", finalNorm: "ln_f", head: "lm_head" },
      blocks: Array.from({ length: blockCount(options, "n_layer") }, (_, i) => block(i)),
    };
  },
};

/** Llama (Touvron et al. 2023) and what is built like it: rotary positions, RMS normalization, a gated feed-forward part. */
const llama: Family = {
  types: ["llama", "mistral", "qwen2"],
  read(options, wanted) {
    const width = options.integer("hidden_size");
    const heads = options.integer("num_attention_heads");
    const kvHeads = options.integer("num_key_value_heads", heads);
    if (heads % kvHeads !== 0) bad(options, "num_key_value_heads", `a number that divides ${heads}`);
    options.choice("hidden_act", { silu: "gated" }, "silu");
    const steps = stepsOf(options, wanted, options.integer("max_position_embeddings", 2048));
    const why = "the frequencies of its rotary positions are scaled";
    options.plain("rope_scaling", [null, undefined], why);
    // Nearer tokens than the window are seen by every position, so a shorter sequence does not feel it.
    const window = options.json.sliding_window;
    if (options.json.use_sliding_window !== false && typeof window === "number" && window < steps) {
      bad(options, "sliding_window", `null, or at least the ${steps} tokens of a sequence`);
    }
    const at = (i: number, part: string) => `model.layers.${i}.${part}`;
    const block = (i: number): BlockNames => ({
      attentionNorm: at(i, "input_layernorm"),
      qkv: [at(i, "self_attn.q_proj"), at(i, "self_attn.k_proj"), at(i, "self_attn.v_proj")],
      attention: at(i, "self_attn"),
      output: at(i, "self_attn.o_proj"),
      mlpNorm: at(i, "post_attention_layernorm"),
      mlp: [at(i, "mlp.gate_proj"), at(i, "mlp.up_proj"), at(i, "mlp.down_proj")],
    });
    return {
      name: String(options.json.model_type),
      ...{ vocabulary: options.integer("vocab_size"), width, heads, kvHeads, steps },
      headSize:
        options.json.head_dim === undefined
          ? headSize(options, "num_attention_heads", width, heads)
          : options.integer("head_dim"),
      inner: options.integer("intermediate_size"),
      epsilon: options.number("rms_norm_eps", 1e-6),
      norm: "rms",
      feedForward: "gated",
      tied: options.json.tie_word_embeddings === true,
      rotaryBase: rotaryBase(options),
      names: { embedding: "model.embed_tokens", finalNorm: "model.norm", head: "lm_head" },
      blocks: Array.from({ length: blockCount(options, "num_hidden_layers") }, (_, i) => block(i)),
    };
  },
};

const families: readonly Family[] = [gpt2, llama];

/**
 * The decoder that a config.json describes.
 * @param steps tokens of a sequence; 128, or as many as the model has positions, unless given
 * @throws {DiagnosticError} `decoder-family`, `decoder-config`
 */
export function readConfig(path: string, json: JsonObject, steps: number | undefined): DecoderConfig {
  const type = json.model_type;
  const known = families.flatMap(({ types }) => types);
  const family = families.find(({ types }) => types.includes(String(type)));
  if (!family) return fail("decoder-family", { path, family: shown(type), known });
  const config = family.read(optionsOf(path, json), steps);
  const step = headStep(config.rotaryBase !== undefined);
  if (config.headSize % step !== 0) {
    fail("decoder-config", {
      path,
      option: "the size of a head",
      expected: `a multiple of ${step} elements`,
      found: String(config.headSize),
    });
  }
  return config;
}

function optionsOf(path: string, json: JsonObject): Options {
  const found = (name: string) => json[name] ?? undefined;
  const refuse = (option: string, expected: string) =>
    fail("decoder-config", { path, option, expected, found: shown(json[option]) });
  return {
    path,
    json,
    integer(name, fallback) {
      const value = found(name) ?? fallback;
      const whole = typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= MOST;
      return whole ? value : refuse(name, `a whole number from 1 to ${MOST}`);
    },
    number(name, fallback) {
      const value = found(name) ?? fallback;
      return typeof value === "number" && Number.isFinite(value) && value > 0
        ? value
        : refuse(name, "a number above 0");
    },
    choice(name, choices, fallback) {
      const chosen = choices[String(found(name) ?? fallback)];
      return chosen ?? refuse(name, `one of ${Object.keys(choices).join(", ")}`);
    },
    plain(name, values, why) {
      if (!values.includes(json[name])) refuse(name, `${shown(values[0])}, as otherwise ${why}`);
    },
  };
}

function bad(options: Options, option: string, expected: string): never {
  return fail("decoder-config", { path: options.path, option, expected, found: shown(options.json[option]) });
}

function headSize(options: Options, option: string, width: number, heads: number): number {
  return width % heads === 0 ? width / heads : bad(options, option, `a number that divides ${width}`);
}

function blockCount(options: Options, option: string): number {
  const count = options.integer(option);
  return count <= MOST_BLOCKS ? count : bad(options, option, `at most ${MOST_BLOCKS}`);
}

function stepsOf(options: Options, wanted: number | undefined, positions: number): number {
  const steps = wanted ?? Math.min(STEPS, positions);
  if (steps < 2 || steps > positions) {
    const expected = `at least as large as the sequence of ${steps} tokens that is asked for, which has 2 or more`;
    fail("decoder-config", {
      path: options.path,
      option: "the number of positions",
      expected,
      found: String(positions),
    });
  }
  return steps;
}

/** Of old files an option of its own; of new ones in `rope_parameters`, whose type must be the plain one. */
function rotaryBase(options: Options): number {
  const { rope_parameters: parameters } = options.json;
  if (!isObject(parameters)) return options.number("rope_theta", 10_000);
  const type = parameters.rope_type ?? "default";
  if (type !== "default")
    bad(options, "rope_parameters", "of rope_type default: scaled frequencies are not known here");
  const base = parameters.rope_theta ?? 10_000;
  return typeof base === "number" && base > 1 ? base : bad(options, "rope_parameters", "a rope_theta above 1");
}
