import { DiagnosticError, fail, words } from "../base/diagnostic.js";
import type { Dataset } from "../datasets/dataset.js";
import type { Engine, Feeds, InferenceSession } from "../engines/engine.js";
import { pastNames, presentNames, TOKENS, withPast } from "../frontends/decoder/with-past.js";
import type { Graph } from "../ir/graph.js";
import { trackParity } from "../measure/parity.js";
import type { AccuracyResult } from "../results/record.js";
import { type Tensor, tensor, tensorFrom } from "../tensor/tensor.js";
import { floatOutput, joinBatches, outputsOf } from "./inference.js";
import type { Opened } from "./opened.js";
import { PARITY_LIMIT } from "./parity.js";
import type { ContinuationCheck } from "./protocol.js";
import { accuracyOf, scoreTest } from "./scoring.js";
import { enterStage } from "./stage.js";

/** A language model with its cache as inputs and outputs, as it is exported; see `withPast`. */

/** Why a model has no such form that holds so many tokens (as many as its sequences have); undefined where it has one. */
export function whyNotDecoder(graph: Graph, positions?: number): string | undefined {
  try {
    withPast(graph, positions === undefined ? {} : { positions });
    return undefined;
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    return error.diagnostics.map((each) => words(each).message).join("; ");
  }
}

interface Written {
  readonly graph: Graph;
  readonly bytes: Uint8Array;
}

/** Accuracy over the whole test split, each sequence read as one prompt. */
export async function promptAccuracy(opened: Opened, { graph, bytes }: Written): Promise<AccuracyResult> {
  enterStage("accuracy");
  const { dataset, fp32, seed } = opened;
  return inSession(opened.engine, bytes, async (session) => {
    const run = async ([sample = 0]: Int32Array) => {
      const outputs = await session.run(feedsOf(tokensOf(dataset, sample), emptyCache(graph)));
      return floatOutput(outputs, graph.outputs[0]?.name ?? "").data;
    };
    return accuracyOf(await scoreTest(run, dataset, { batchSize: 1, float: fp32, seed }), fp32, { seed });
  });
}

/** Sequences that are read in parts and compared with themselves read whole. */
const CHECKED_SEQUENCES = 4;

/** More steps of a sequence are not read one by one: a model of gigabytes takes a second for one. */
const MOST_SINGLE = 16;

/**
 * Reads test sequences as a prompt, as several tokens behind its cache, then token by token, and holds the logits against those
 * of `whole` sequences: in fp32 they are the same but for rounding.
 * @throws {DiagnosticError} `continuation-differs` for fp32 beyond the limit of parity: a fault of ours, so nothing is exported
 */
export async function checkContinuation(
  opened: Opened,
  { graph, bytes }: Written,
  whole: Written,
  isFloat: boolean,
): Promise<ContinuationCheck> {
  const { dataset, engine } = opened;
  const samples = dataset.splits.test.slice(0, CHECKED_SEQUENCES);
  const [expected] = await outputsOf(engine, whole.bytes, whole.graph, dataset, samples);
  if (!expected) throw new Error("run: a language model without outputs");
  const [, steps = 1, classes = 1] = expected.shape;
  const parity = trackParity();
  let same = 0;
  await inSession(engine, bytes, async (session) => {
    for (const [i, sample] of samples.entries()) {
      const got = await inParts(session, graph, tokensOf(dataset, sample));
      const wanted = expected.data.subarray(i * steps * classes, (i + 1) * steps * classes);
      parity.add(wanted, got);
      for (let at = 0; at < wanted.length; at += classes) {
        if (topOf(wanted.subarray(at, at + classes)) === topOf(got.subarray(at, at + classes))) same++;
      }
    }
  });
  const tokens = samples.length * steps;
  const found = {
    sequences: samples.length,
    tokens,
    maxRelativeError: parity.maxRelativeError(),
    sameTop: same / tokens,
  };
  if (isFloat && !(found.maxRelativeError <= PARITY_LIMIT)) {
    fail("continuation-differs", { ...found, model: opened.model.name, limit: PARITY_LIMIT });
  }
  return found;
}

/** Logits of all tokens of a sequence, read in parts: half of it as a prompt, the last few one by one, the rest at once. */
async function inParts(session: InferenceSession, graph: Graph, tokens: Float32Array): Promise<Float32Array> {
  const half = Math.ceil(tokens.length / 2);
  const singles = Math.min(MOST_SINGLE, Math.floor(tokens.length / 4));
  const ends = [
    half,
    tokens.length - singles,
    ...Array.from({ length: singles }, (_, i) => tokens.length - singles + i + 1),
  ];
  const parts: Tensor<"float32">[] = [];
  let cache = emptyCache(graph);
  let start = 0;
  for (const end of new Set(ends)) {
    const outputs = await session.run(feedsOf(tokens.subarray(start, end), cache));
    const { data, shape } = floatOutput(outputs, graph.outputs[0]?.name ?? "");
    parts.push(tensor("float32", shape.slice(1), data));
    cache = grownCache(graph, outputs);
    start = end;
  }
  return joinBatches(parts).data;
}

const blocksOf = (graph: Graph) => Array.from({ length: (graph.inputs.length - 1) / 2 }, (_, i) => i);

function emptyCache(graph: Graph): Feeds {
  const caches = graph.inputs.filter(({ name }) => name !== TOKENS);
  return Object.fromEntries(
    caches.map(({ name, type }) => {
      const shape = type.shape.map((size) => (typeof size === "number" ? size : 0));
      return [name, tensor("float32", shape, new Float32Array(0))];
    }),
  );
}

/** What the last run handed on, under the names that the next one takes it by. */
function grownCache(graph: Graph, outputs: Readonly<Record<string, Tensor>>): Feeds {
  const pairs = blocksOf(graph).flatMap((i) => {
    const presents = presentNames(i);
    return pastNames(i).map((name, k) => [name, outputs[presents[k] ?? ""] as Tensor] as const);
  });
  return Object.fromEntries(pairs);
}

const feedsOf = (tokens: Float32Array, cache: Feeds): Feeds => ({
  [TOKENS]: tensorFrom("int64", [1, tokens.length], Array.from(tokens)),
  ...cache,
});

function tokensOf(dataset: Dataset, sample: number): Float32Array {
  const [tokens] = dataset.read([sample]);
  if (!tokens) throw new Error("run: a language model whose data has no tokens");
  return tokens.data;
}

function topOf(logits: Float32Array): number {
  return logits.reduce((best, value, i) => (value > (logits[best] ?? 0) ? i : best), 0);
}

async function inSession<T>(
  engine: Engine,
  bytes: Uint8Array,
  body: (session: InferenceSession) => Promise<T>,
): Promise<T> {
  const session = await engine.load(bytes, { threads: 1, optimization: "all" });
  try {
    return await body(session);
  } finally {
    await session.close();
  }
}
