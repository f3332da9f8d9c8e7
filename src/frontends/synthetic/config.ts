import { fail } from "../../base/diagnostic.js";
import type { ChoiceSetting, OptionSpec, Settings } from "../../base/option.js";

/** Sizes of a decoder-only language model that is made up. */
export interface SyntheticConfig {
  /** `llama`: RMSNorm, rotary positions, SwiGLU. `gpt2`: LayerNorm, learned positions, GELU. */
  readonly family: Family;
  readonly layers: number;
  readonly hidden: number;
  readonly intermediate: number;
  readonly heads: number;
  /** Heads of keys and values, which query heads share in groups; `heads` of the gpt2 family. */
  readonly kvHeads: number;
  readonly vocabulary: number;
  /** Tokens of a prompt. */
  readonly tokens: number;
  readonly seed: number;
}

export type Family = "llama" | "gpt2";

type Sizes = Pick<SyntheticConfig, "family" | "hidden" | "intermediate" | "heads" | "kvHeads">;

interface Like extends Sizes {
  readonly name: string;
  readonly summary: string;
}

/** Published sizes, from the models' own configurations. */
const likes: readonly Like[] = [
  of("llama_7b", "a layer of Llama 2 7B", "llama", [4096, 11008, 32, 32]),
  of("llama_13b", "a layer of Llama 2 13B", "llama", [5120, 13824, 40, 40]),
  of("llama_8b", "a layer of Llama 3 8B", "llama", [4096, 14336, 32, 8]),
  of("llama_1b", "a layer of Llama 3.2 1B", "llama", [2048, 8192, 32, 8]),
  of("gpt2", "a layer of GPT-2 small", "gpt2", [768, 3072, 12, 12]),
  of("gpt2_xl", "a layer of GPT-2 XL", "gpt2", [1600, 6400, 25, 25]),
];

function of(
  name: string,
  summary: string,
  family: Family,
  [hidden, intermediate, heads, kvHeads]: readonly [number, number, number, number],
): Like {
  return {
    name,
    summary: `${summary}: hidden ${hidden}, intermediate ${intermediate}, ${heads} heads`,
    family,
    hidden,
    intermediate,
    heads,
    kvHeads,
  };
}

const size = (name: string, max: number, summary: string): OptionSpec => ({
  name,
  type: { kind: "integer", min: 1, max },
  summary,
  sweeps: false,
});

/** Options of `synthetic { ... }`. */
export const syntheticOptions: readonly OptionSpec[] = [
  {
    name: "like",
    type: { kind: "choice", choices: likes.map(({ name, summary }) => ({ name, summary })) },
    summary: "sizes of a known model; options beside it replace single sizes (default llama_1b)",
    sweeps: false,
  },
  {
    name: "family",
    type: {
      kind: "choice",
      choices: [
        { name: "llama", summary: "RMSNorm, rotary positions, grouped attention, SwiGLU" },
        { name: "gpt2", summary: "LayerNorm, learned positions, GELU" },
      ],
    },
    summary: "what a layer is made of (that of `like` unless given)",
    sweeps: false,
  },
  size("layers", 128, "layers (default 1)"),
  size("hidden", 65_536, "width of the model"),
  size("intermediate", 262_144, "width inside the feed-forward part"),
  size("heads", 1024, "heads of attention"),
  size("kv_heads", 1024, "heads of keys and values; heads unless given (gpt2 family: always)"),
  size("vocabulary", 1_000_000, "tokens of embedding and head (default 256: the layers are what is timed)"),
  size("tokens", 65_536, "tokens of a prompt (default 64)"),
  { name: "seed", type: { kind: "integer" }, summary: "of the random weights (default 1)", sweeps: false },
];

/**
 * The sizes that options ask for.
 * @throws {DiagnosticError} `synthetic-sizes` where they do not go together
 */
export function syntheticConfig(settings: Settings): SyntheticConfig {
  const number = (name: string, otherwise: number) => {
    const value = settings[name];
    return typeof value === "number" ? value : otherwise;
  };
  const wanted = choiceName(settings.like) ?? "llama_1b";
  const like = likes.find(({ name }) => name === wanted) ?? (likes[0] as Like);
  const family = (choiceName(settings.family) as Family | undefined) ?? like.family;
  const heads = number("heads", like.heads);
  const config: SyntheticConfig = {
    family,
    layers: number("layers", 1),
    hidden: number("hidden", like.hidden),
    intermediate: number("intermediate", like.intermediate),
    heads,
    kvHeads: family === "gpt2" ? heads : number("kv_heads", settings.heads === undefined ? like.kvHeads : heads),
    vocabulary: number("vocabulary", 256),
    tokens: number("tokens", 64),
    seed: number("seed", 1),
  };
  check(config);
  return config;
}

function choiceName(setting: Settings[string] | undefined): string | undefined {
  return typeof setting === "object" && "name" in setting ? (setting as ChoiceSetting).name : undefined;
}

/** onnxruntime's attention takes heads of a multiple of 8 elements, with rotary positions of 16. */
const HEAD_MULTIPLE = { gpt2: 8, llama: 16 } as const;

function check({ family, hidden, heads, kvHeads, tokens }: SyntheticConfig): void {
  const multiple = HEAD_MULTIPLE[family];
  if (hidden % heads !== 0 || (hidden / heads) % multiple !== 0) {
    fail("synthetic-sizes", {
      option: "hidden",
      reason: `hidden ${hidden} does not make ${heads} heads of a multiple of ${multiple} elements`,
    });
  }
  if (heads % kvHeads !== 0) {
    fail("synthetic-sizes", {
      option: "kv_heads",
      reason: `${heads} heads do not share ${kvHeads} heads of keys evenly`,
    });
  }
  if (tokens < 2) fail("synthetic-sizes", { option: "tokens", reason: "a prompt has at least 2 tokens" });
}

/** Numbers in the weights of the model. */
export function parameterCount(config: SyntheticConfig): number {
  const { family, layers, hidden, intermediate, heads, kvHeads, vocabulary, tokens } = config;
  const keys = (hidden / heads) * kvHeads;
  const attention = 2 * hidden * hidden + 2 * hidden * keys;
  const feedForward = (family === "llama" ? 3 : 2) * hidden * intermediate;
  const positions = family === "gpt2" ? tokens * hidden : 0;
  return layers * (attention + feedForward) + 2 * vocabulary * hidden + positions;
}
