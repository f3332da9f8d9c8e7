import { seededRandom } from "../../src/base/random.js";
import { nativeBindingPath, startTensorFlow } from "../../src/engines/tfjs.js";
import { tfjsFromArtifacts } from "../../src/frontends/tfjs/artifacts.js";
import { toGraph } from "../../src/frontends/tfjs/graph.js";
import type { Graph } from "../../src/ir/graph.js";
import { prepare } from "../../src/quantize/passes/float/prepare.js";
import type { Scheme } from "../../src/quantize/scheme.js";
import { type Effort, fullEffort, quickEffort } from "../../src/run/latency-trial.js";
import { elementCount, type Tensor, tensor } from "../../src/tensor/tensor.js";
import { denseNet } from "./dense.js";
import { type Figure, ratioText } from "./figure.js";
import { mobileNetV2 } from "./nets/mobilenet-v2.js";
import { resNet50 } from "./nets/resnet-50.js";
import { encoder } from "./nets/transformer.js";
import { progress } from "./records.js";
import { timeGraph } from "./time-graph.js";

const int8 = { dtype: "int8", granularity: "per_channel" } as const;
const uint8 = { dtype: "uint8" } as const;
const minmax = { observer: "minmax", samples: 1 } as const;
const staticInt8: Scheme = {
  name: "static",
  mode: "static",
  weights: int8,
  activations: uint8,
  calibration: minmax,
  keep: {},
};
const dynamicInt8: Scheme = { name: "dynamic", mode: "dynamic", weights: int8, activations: uint8, keep: {} };
const int4: Scheme = {
  name: "w4",
  mode: "weight_only",
  weights: { dtype: "int4", granularity: "group", group: 128 },
  method: "rtn",
  keep: {},
};

/** Values N(0, 1), as pictures and embeddings are after normalization. */
export function noise(shape: readonly number[], seed = 5): Tensor<"float32"> {
  const random = seededRandom(seed);
  const data = Float32Array.from({ length: elementCount(shape) }, () => random.normal());
  return tensor("float32", shape, data);
}

interface Case {
  readonly name: string;
  graph(): Promise<Graph>;
  readonly input: readonly number[];
  /** The best of them is the figure. */
  readonly schemes: readonly Scheme[];
  readonly bound: number;
}

const picture = [1, 224, 224, 3];

const cases: readonly Case[] = [
  {
    name: "MobileNetV2-shaped, static int8",
    graph: async () => toGraph(tfjsFromArtifacts(mobileNetV2(await plainTf()))),
    ...{ input: picture, schemes: [staticInt8], bound: 1.75 },
  },
  {
    name: "ResNet-50-shaped, static int8",
    graph: async () => toGraph(tfjsFromArtifacts(resNet50(await plainTf()))),
    ...{ input: picture, schemes: [staticInt8], bound: 3 },
  },
  {
    name: "transformer of 6 layers, 768 wide, 128 tokens, best of static and dynamic int8",
    graph: async () => encoder({ layers: 6, width: 768, heads: 12, tokens: 128 }),
    ...{ input: [1, 128, 768], schemes: [staticInt8, dynamicInt8], bound: 2.7 },
  },
  {
    // 537 MB in fp32 and 71 MB as int4: neither fits a cache of 48 MB.
    name: "one token through dense 4096-16384-4096, weight_only int4 by 128",
    graph: async () => denseNet([4096, 16384, 4096]),
    ...{ input: [1, 4096], schemes: [int4], bound: 4.5 },
  },
];

const plainTf = async () => (await startTensorFlow("cpu", nativeBindingPath())).tf;

/** Few pairs in as many processes as ever: each pair of a net of this size is some hundred milliseconds. */
const effort: Effort = { ...quickEffort, processes: fullEffort.processes };

/** What nets of the usual shapes gain over their best fp32 (random weights: no accuracy). */
export async function models(): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const each of cases) figures.push(await speed(each));
  return figures;
}

async function speed({ name, graph, input, schemes, bound }: Case): Promise<Figure> {
  progress(`  ${name}`);
  const float = prepare(await graph());
  const fed = float.inputs[0]?.name ?? "";
  const found: { readonly value: number; readonly ci95: readonly [number, number] }[] = [];
  for (const scheme of schemes) found.push((await timeGraph(float, scheme, { [fed]: noise(input) }, effort)).speedup);
  const best = found.reduce((a, b) => (b.value > a.value ? b : a));
  progress(`    ${ratioText(best)}`);
  return {
    name: `${name}: speed`,
    promise: `>= ${bound}x best fp32`,
    measured: ratioText(best),
    met: best.value >= bound,
  };
}
