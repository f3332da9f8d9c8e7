import { freemem } from "node:os";
import { fail } from "../../base/diagnostic.js";
import { hashJson } from "../../base/hash.js";
import type { Settings } from "../../base/option.js";
import type { Graph } from "../../ir/graph.js";
import { parameterCount, type SyntheticConfig, syntheticConfig } from "./config.js";
import { syntheticGraph } from "./graph.js";

/** Changes when the same options would make other weights. */
const VERSION = 1;

const FLOAT_BYTES = 4;

/**
 * What the busiest process of a run needs, in sizes of the float weights, counted: the graph, its file, the engine's copy and
 * its packed one where a trial is made, and one more for what grows; three sessions of packed weights where it is timed.
 */
const COPIES = 5;

/** One ONNX file holds no more, less some room for what is not weights. */
const MOST_FILE_BYTES = 2 ** 31 - 2 ** 24;

/** What can be said of a made-up model before its weights are drawn. */
export interface SyntheticDescription {
  readonly config: SyntheticConfig;
  readonly hash: string;
  /** Bytes of the float32 weights. */
  readonly weightBytes: number;
  /** Dense layers with their numbers of weights, and what else has weights, in order. */
  readonly layers: readonly {
    readonly name: string;
    readonly className: string;
    readonly quantizable: boolean;
    readonly parameters: number;
  }[];
}

/**
 * Checks the sizes, and that this machine can hold the model, before anything of it is made.
 * @param availableBytes memory that can be had
 * @throws {DiagnosticError} `synthetic-sizes`, `synthetic-too-large`, `synthetic-memory`
 */
export function describeSynthetic(settings: Settings, availableBytes = availableMemory()): SyntheticDescription {
  const config = syntheticConfig(settings);
  const weightBytes = parameterCount(config) * FLOAT_BYTES;
  if (weightBytes > MOST_FILE_BYTES) fail("synthetic-too-large", { bytes: weightBytes, limit: MOST_FILE_BYTES });
  const needed = weightBytes * COPIES;
  if (needed > availableBytes) fail("synthetic-memory", { bytes: weightBytes, needed, available: availableBytes });
  return { config, hash: hashJson({ synthetic: VERSION, config }), weightBytes, layers: layersOf(config) };
}

/** The model with its weights; its sizes and the memory are checked before. */
export function openSynthetic(settings: Settings): { readonly graph: Graph; readonly hash: string } {
  const { config, hash } = describeSynthetic(settings);
  return { graph: syntheticGraph(config), hash };
}

/** Bytes that this process may still take: what the system has free, or less where a container allows less. */
function availableMemory(): number {
  const { availableMemory: ask } = process as { availableMemory?: () => number };
  return ask ? ask() : freemem();
}

function layersOf(config: SyntheticConfig): SyntheticDescription["layers"] {
  const { family, layers, hidden, intermediate, heads, kvHeads, vocabulary } = config;
  const keys = (hidden / heads) * kvHeads;
  const bias = family === "gpt2" ? 1 : 0;
  const dense = (name: string, inputs: number, outputs: number, hasBias = bias) => ({
    ...{ name, className: "Dense", quantizable: true, parameters: (inputs + hasBias) * outputs },
  });
  const inside = family === "llama" ? ["mlp_gate", "mlp_up"] : ["mlp_in"];
  const block = (name: string) => [
    dense(`${name}/query`, hidden, hidden),
    dense(`${name}/key`, hidden, keys),
    dense(`${name}/value`, hidden, keys),
    dense(`${name}/attention_output`, hidden, hidden),
    ...inside.map((part) => dense(`${name}/${part}`, hidden, intermediate)),
    dense(`${name}/${family === "llama" ? "mlp_down" : "mlp_out"}`, intermediate, hidden),
  ];
  return [
    { name: "embedding", className: "Embedding", quantizable: true, parameters: vocabulary * hidden },
    ...Array.from({ length: layers }, (_, i) => block(`block_${i + 1}`)).flat(),
    dense("head", hidden, vocabulary, 0),
  ];
}
