import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { io } from "@tensorflow/tfjs";
import { toOnnx } from "../../src/backends/onnx/write.js";
import { ownPackage } from "../../src/base/package.js";
import { seededRandom } from "../../src/base/random.js";
import type { Feeds, InferenceSession } from "../../src/engines/engine.js";
import { onnxruntime } from "../../src/engines/onnxruntime.js";
import { loadTensorFlow, type TfModule } from "../../src/engines/tfjs.js";
import { openTfjs } from "../../src/frontends/tfjs-model.js";
import type { Graph } from "../../src/ir/graph.js";
import { maxRelativeError } from "../../src/measure/parity.js";
import { prepare } from "../../src/quantize/passes/float/prepare.js";
import { leastScales } from "../../src/run/output-scale.js";
import { elementCount, type Tensor, tensor } from "../../src/tensor/tensor.js";
import type { Figure } from "./figure.js";
import { encoder } from "./nets/transformer.js";

/** Pairs of runs; each arm begins every other pair. */
const PAIRS = 40;
const PARITY = 1e-4;
/** What the fp32 graph of our passes may take of the time that the same layers take as plain ONNX. */
const MOST_OF_PLAIN = 1.1;

/** fp32 through our lowering: against TF.js on third parties' models, and against plain ONNX that onnxruntime alone optimizes. */
export async function floatFigures(): Promise<readonly Figure[]> {
  const { tf, backend } = await loadTensorFlow();
  const figures: Figure[] = [await againstPlain()];
  const folder = join(ownPackage().folder, "..", "shared", "models");
  for (const name of ["abalone", "blazeface", "emotion", "facemesh"]) {
    const path = join(folder, name, "model.json");
    if (existsSync(path)) figures.push(...(await againstTfjs(name, path, tf, backend)));
  }
  return figures;
}

/** No converter of TF.js models could be had; tf2onnx is in no index here. So: what a plain exporter writes. */
async function againstPlain(): Promise<Figure> {
  const plain = encoder({ layers: 2, width: 768, heads: 12, tokens: 128 });
  const feeds = { tokens: noise([1, 128, 768]) };
  const [ours, theirs] = [await session(prepare(plain)), await session(plain)];
  const ratio = await pairedRatio(
    () => ours.run(feeds),
    () => theirs.run(feeds),
  );
  await Promise.all([ours.close(), theirs.close()]);
  return {
    name: "fp32 transformer of 2 layers, against the same as plain ONNX",
    promise: `<= ${MOST_OF_PLAIN}x its time`,
    measured: `${ratio.toFixed(2)}x`,
    met: ratio <= MOST_OF_PLAIN,
  };
}

async function againstTfjs(name: string, path: string, tf: TfModule, backend: string): Promise<readonly Figure[]> {
  const source = await openTfjs(path);
  const graph = prepare(source.lower({}));
  const feeds: Feeds = Object.fromEntries(
    graph.inputs.map(({ name: input, type }) => [
      input,
      noise(type.shape.map((size) => (typeof size === "number" ? size : 1))),
    ]),
  );
  const load = source.kind === "graph" ? tf.loadGraphModel : tf.loadLayersModel;
  const model = await load(fromDisk(path));
  const inputs = Object.values(feeds).map(({ data, shape }) => tf.tensor(data as Float32Array, [...shape]));
  const predict = () => [model.predict(inputs.length === 1 ? (inputs[0] as never) : inputs)].flat();
  const theirs = () => {
    const outputs = predict() as { dataSync(): unknown; dispose(): void }[];
    for (const output of outputs) [output.dataSync(), output.dispose()];
  };
  const ours = await session(graph);
  const error = parityOf(graph, await ours.run(feeds), predict() as never);
  const ratio = await pairedRatio(() => ours.run(feeds), theirs);
  await ours.close();
  return [
    {
      name: `${name}: fp32 on one thread, against TF.js (${backend})`,
      promise: "faster",
      measured: `${(1 / ratio).toFixed(1)}x as fast`,
      met: ratio < 1,
    },
    {
      name: `${name}: parity with TF.js`,
      promise: `<= ${PARITY}`,
      measured: error.toExponential(1),
      met: error <= PARITY,
    },
  ];
}

/** Read here: more than one copy of TF.js may have said that it reads files. */
function fromDisk(path: string): io.IOHandler {
  const { modelTopology, weightsManifest, format, signature } = JSON.parse(readFileSync(path, "utf8"));
  const groups = weightsManifest as io.WeightsManifestConfig;
  const files = groups.flatMap(({ paths }) => paths).map((file) => readFileSync(join(dirname(path), file)));
  const weightData = Uint8Array.from(Buffer.concat(files)).buffer;
  const weightSpecs = groups.flatMap(({ weights }) => weights);
  return { load: async () => ({ modelTopology, weightSpecs, weightData, format, signature }) };
}

/** Outputs come in another order from TF.js; each is matched with the closest of ours of its size. Shares are judged by 1. */
function parityOf(
  graph: Graph,
  ours: Readonly<Record<string, Tensor>>,
  theirs: readonly { readonly size: number; dataSync(): Float32Array }[],
): number {
  const scales = leastScales(graph);
  const errors = theirs.map((output) => {
    const data = output.dataSync();
    const distances = graph.outputs.map(({ name }, i) => {
      const value = ours[name]?.data as Float32Array;
      return value.length === data.length ? maxRelativeError(data, value, scales[i]) : Number.POSITIVE_INFINITY;
    });
    return Math.min(...distances);
  });
  return Math.max(...errors);
}

async function session(graph: Graph): Promise<InferenceSession> {
  return (await onnxruntime()).load(toOnnx(graph), { threads: 1, optimization: "all" });
}

/** Median over pairs of the time of `a` by the time of `b`. */
async function pairedRatio(a: () => unknown, b: () => unknown): Promise<number> {
  const time = async (run: () => unknown) => {
    const start = performance.now();
    await run();
    return performance.now() - start;
  };
  for (let i = 0; i < 5; i++) [await a(), await b()];
  const ratios: number[] = [];
  for (let i = 0; i < PAIRS; i++) {
    const first = await time(i % 2 === 0 ? a : b);
    const second = await time(i % 2 === 0 ? b : a);
    ratios.push(i % 2 === 0 ? first / second : second / first);
  }
  ratios.sort((x, y) => x - y);
  return ratios[PAIRS / 2] as number;
}

function noise(shape: readonly number[]): Tensor<"float32"> {
  const random = seededRandom(6);
  return tensor(
    "float32",
    shape,
    Float32Array.from({ length: elementCount(shape) }, () => random.next()),
  );
}
