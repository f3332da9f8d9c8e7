import { toOnnx } from "../backends/onnx/write.js";
import type { InferenceSession } from "../engines/engine.js";
import type { Graph } from "../ir/graph.js";
import { withFloatWeights } from "../quantize/isolate/float-weights.js";
import { activationsAlone, weightsAlone } from "../quantize/isolate/isolate.js";
import { quantizeGraph } from "../quantize/quantize.js";
import type { Scheme } from "../quantize/scheme.js";
import { dependsOnBatch, simulateGraph } from "../quantize/simulate.js";
import type { Range } from "../tensor/quant.js";
import { configured, engineConfig } from "./engine-config.js";
import type { Opened } from "./opened.js";
import { simulating } from "./simulating.js";

type Ranges = ReadonlyMap<string, Range> | undefined;

/** The graphs that a scheme makes of a model, whole and in part, and how one runs: on integer kernels, or simulated in float32. */
export interface Variants {
  whole(scheme: Scheme, ranges: Ranges): Graph;
  /** The float graph with the weights as the scheme stores them. */
  weightsAlone(whole: Graph, ranges: Ranges): Graph;
  /** The whole with float weights; undefined when the scheme quantizes no activations. */
  activationsAlone(whole: Graph): Graph | undefined;
  /** With one thread. The caller closes it. */
  open(graph: Graph): Promise<InferenceSession>;
  /** Samples of a run, where those that share one change each other's values. */
  readonly batchSize: number | undefined;
}

/** @param scheme whose other settings hold for every graph; `whole` is also asked for variants of it */
export function variantsOf({ engine, graph }: Pick<Opened, "engine" | "graph">, scheme: Scheme): Variants {
  const options = { threads: 1, optimization: "all" } as const;
  if (scheme.execution !== "simulated") {
    const own = configured(engine, engineConfig(scheme));
    return {
      whole: (each, ranges) => quantizeGraph(graph, each, ranges),
      weightsAlone: (whole) => weightsAlone(graph, whole),
      activationsAlone: (whole) => activationsAlone(graph, whole),
      open: (each) => own.load(toOnnx(each), options),
      batchSize: scheme.mode === "dynamic" ? 1 : undefined,
    };
  }
  const { activations: _, ...weights } = scheme;
  return {
    whole: (each, ranges) => simulateGraph(graph, each, ranges).graph,
    weightsAlone: (_whole, ranges) => simulateGraph(graph, weights, ranges).graph,
    activationsAlone: (whole) => withFloatWeights(graph, whole),
    open: (each) => simulating(engine, each).load(new Uint8Array(), options),
    batchSize: dependsOnBatch(scheme) ? 1 : undefined,
  };
}
