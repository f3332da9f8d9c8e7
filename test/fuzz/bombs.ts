import { type Tensor, tensorFrom } from "../../src/tensor/tensor.js";
import { type GraphFile, graphFile } from "../frontends/tfjs-graph/graph-file.js";

/** A small model that asks for much: memory, time or depth. */
export interface Bomb {
  readonly name: string;
  files(): BombFiles;
}

export interface BombFiles {
  /** The content of model.json. */
  readonly json: string;
  /** The content of weights.bin, where there is one. */
  readonly weights?: Uint8Array;
}

const layers = (config: readonly unknown[]): string =>
  JSON.stringify({ modelTopology: { class_name: "Sequential", config }, weightsManifest: [] });
const layer = (className: string, config: object) => ({ class_name: className, config: { name: "a", ...config } });

/** A graph-model; what it needs of numbers lies in its weight file. */
function graph(build: (g: Sources) => string): BombFiles {
  const g = graphFile();
  let count = 0;
  const ints = (values: readonly number[], shape = [values.length]) =>
    g.constant(`c${count++}`, tensorFrom("int32", shape, values) as Tensor<"int32">);
  g.output(build({ ...g, ints }));
  const { weightData, weightSpecs, ...artifacts } = g.artifacts();
  const weightsManifest = [{ paths: ["weights.bin"], weights: weightSpecs }];
  return {
    json: JSON.stringify({ ...artifacts, weightsManifest }),
    weights: new Uint8Array(weightData as ArrayBuffer),
  };
}

type Sources = GraphFile & { readonly ints: (values: readonly number[], shape?: number[]) => string };

const LARGE = 100_000;
const LONG = 5000;

/** A layers-model of one list of layers, or any other text. */
const bomb = (name: string, json: () => string): Bomb => ({ name, files: () => ({ json: json() }) });

export const layersBombs: readonly Bomb[] = [
  bomb("brackets a million deep", () => "[".repeat(1e6)),
  bomb("objects five thousand deep", () => `${'{"modelTopology":'.repeat(5000)}1${"}".repeat(5000)}`),
  bomb("three million zeros", () => `{"modelTopology":[${"0,".repeat(3e6)}0]}`),
  bomb("two hundred thousand weights of nothing", () => {
    const weights = Array.from({ length: 2e5 }, (_, i) => ({ name: `w${i}x`, shape: [0], dtype: "float32" }));
    const model = JSON.parse(layers([layer("Flatten", { batch_input_shape: [null, 2, 2] })])) as object;
    return JSON.stringify({ ...model, weightsManifest: [{ paths: [], weights }] });
  }),
  bomb("an input of 2^60 elements", () => layers([layer("Flatten", { batch_input_shape: [null, 2 ** 30, 2 ** 30] })])),
  bomb("vectors repeated a billion times", () =>
    layers([layer("RepeatVector", { n: 1e9, batch_input_shape: [null, 1e6] })]),
  ),
  bomb("pictures a million times as wide", () =>
    layers([layer("UpSampling2D", { size: [1e6, 1e6], batch_input_shape: [null, 1000, 1000, 3] })]),
  ),
  bomb("a one-hot of a billion tokens", () =>
    layers([layer("CategoryEncoding", { num_tokens: 1e9, output_mode: "one_hot", batch_input_shape: [null, 1] })]),
  ),
  bomb("a chain of many layers", () => {
    const first = { batch_input_shape: [null, 2] };
    const relu = (i: number) => ({ name: `a${i}`, activation: "tanh", ...(i === 0 ? first : {}) });
    return layers(Array.from({ length: LONG }, (_, i) => layer("Activation", relu(i))));
  }),
];

const int = (g: Sources, value: number) => g.ints([value], []);

/** The result of constants alone, added to what comes in. */
const added = (g: Sources, value: string): string => g.node("sum", "AddV2", [g.input("x", "int32", [null, 1]), value]);

export const graphBombs: readonly Bomb[] = [
  {
    name: "Fill of 10^10 elements",
    files: () => graph((g) => added(g, g.node("f", "Fill", [g.ints([LARGE, LARGE]), int(g, 1)]))),
  },
  {
    name: "Range of 2^31 elements",
    files: () => graph((g) => added(g, g.node("f", "Range", [int(g, 0), int(g, 2 ** 31 - 1), int(g, 1)]))),
  },
  {
    name: "Tile to 10^10 elements",
    files: () => graph((g) => added(g, g.node("f", "Tile", [g.ints([1], [1, 1]), g.ints([LARGE, LARGE])]))),
  },
  {
    name: "BroadcastTo 10^10 elements",
    files: () => graph((g) => added(g, g.node("f", "BroadcastTo", [int(g, 1), g.ints([LARGE, LARGE])]))),
  },
  {
    name: "OneHot of 2 billion classes",
    files: () =>
      graph((g) => added(g, g.node("f", "OneHot", [g.ints([1]), int(g, 2e9), int(g, 1), int(g, 0)], { axis: -1 }))),
  },
  {
    name: "a constant joined to itself forty times",
    files: () =>
      graph((g) => {
        const along = int(g, 0);
        let y = g.ints([1, 2]);
        for (let i = 0; i < 40; i++) y = g.node(`j${i}`, "ConcatV2", [y, y, along], { N: 2 });
        return added(g, y);
      }),
  },
  {
    name: "a value of the run joined to itself forty times",
    files: () =>
      graph((g) => {
        const along = int(g, 1);
        let y = g.input("x", "float32", [null, 2]);
        for (let i = 0; i < 40; i++) y = g.node(`j${i}`, "ConcatV2", [y, y, along], { N: 2 });
        return y;
      }),
  },
  {
    name: "Pad by 2 billion",
    files: () =>
      graph((g) => g.node("p", "Pad", [g.input("x", "float32", [null, 2]), g.ints([0, 0, 2e9, 2e9], [2, 2])])),
  },
  {
    name: "a chain of many nodes",
    files: () =>
      graph((g) => {
        let y = g.input("x", "float32", [null, 2]);
        for (let i = 0; i < LONG; i++) y = g.node(`n${i}`, "Neg", [y]);
        return y;
      }),
  },
];
