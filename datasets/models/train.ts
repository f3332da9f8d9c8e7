import { writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { LayersModel, Tensor } from "@tensorflow/tfjs";
import { seededRandom } from "../../src/base/random.js";
import type { Dataset } from "../../src/datasets/dataset.js";
import { readers } from "../../src/datasets/registry.js";
import { loadTensorFlow, type TfModule } from "../../src/engines/tfjs.js";
import { type Recipe, recipes } from "./recipes.js";
import { storeModel } from "./store.js";

const models = dirname(fileURLToPath(import.meta.url));
const repository = resolve(models, "../..");

/** Trains the model called `name` and writes model.json, weights.bin and README.md to its folder. */
async function train(name: string | undefined): Promise<void> {
  const recipe = recipes.find((each) => each.name === name);
  if (!recipe) throw new Error(`usage: npx tsx datasets/models/train.ts ${recipes.map((each) => each.name).join("|")}`);
  const { tf, backend, version } = await loadTensorFlow();
  const dataset = await openData(recipe);
  const model = recipe.build(tf, recipe.seed);
  const started = performance.now();
  await fitModel(tf, model, recipe, dataset);
  const seconds = (performance.now() - started) / 1000;
  const folder = join(models, recipe.name);
  const bytes = await storeModel(tf, model, folder, recipe.storage);
  // Read back: what counts is the accuracy of the stored weights.
  const stored = await tf.loadLayersModel(pathToFileURL(join(folder, "model.json")).href);
  const accuracy = accuracyOf(tf, stored, dataset, dataset.splits.test);
  const card = { recipe, dataset, accuracy, bytes, parameters: stored.countParams(), seconds, backend, version };
  await writeFile(join(folder, "README.md"), readme(card));
  console.log(`${recipe.name}: test accuracy ${percent(accuracy)} of ${dataset.splits.test.length}, ${bytes} bytes`);
}

async function openData({ data }: Recipe): Promise<Dataset> {
  const reader = readers.find((each) => each.name === data.reader);
  if (!reader) throw new Error(`train: no reader "${data.reader}"`);
  return reader.open(data.path === undefined ? data : { ...data, path: join(repository, data.path) });
}

async function fitModel(tf: TfModule, model: LayersModel, recipe: Recipe, dataset: Dataset): Promise<void> {
  const { epochs, batch, rate, seed } = recipe;
  const optimizer = tf.train.adam(rate);
  model.compile({ optimizer, loss: "sparseCategoricalCrossentropy" });
  const random = seededRandom(seed);
  const order = Int32Array.from(dataset.splits.train);
  const steps = Math.floor(order.length / batch);
  for (let epoch = 0; epoch < epochs; epoch++) {
    random.shuffle(order);
    let loss = 0;
    for (let step = 0; step < steps; step++) {
      const progress = (epoch * steps + step) / (epochs * steps);
      // The rate is an ordinary field of tf.AdamOptimizer, though its type hides it.
      Object.assign(optimizer, { learningRate: rate * schedule(progress) });
      const [x, y] = batchOf(tf, dataset, order.subarray(step * batch, (step + 1) * batch));
      loss += Number(await model.trainOnBatch(x, y)) / steps;
      tf.dispose([x, y]);
    }
    console.log(`epoch ${epoch + 1}/${epochs}: loss ${loss.toFixed(4)}`);
  }
}

/** One cycle: up in the first tenth, then down to 0 (Loshchilov and Hutter 2017, with a warm-up). */
function schedule(progress: number): number {
  return progress < 0.1 ? progress * 10 : 0.5 * (1 + Math.cos((Math.PI * (progress - 0.1)) / 0.9));
}

function batchOf(tf: TfModule, dataset: Dataset, indices: Int32Array): [Tensor, Tensor] {
  const [input] = dataset.read(indices);
  const { labels } = dataset;
  if (!input || labels?.kind !== "class") throw new Error("train: the data needs one input and classes");
  const classes = Float32Array.from(indices, (index) => labels.values[index] as number);
  return [tf.tensor(input.data, [...input.shape]), tf.tensor(classes, [classes.length, 1])];
}

/** Share of `indices` whose largest output is the label. */
function accuracyOf(tf: TfModule, model: LayersModel, dataset: Dataset, indices: Int32Array): number {
  let right = 0;
  for (let at = 0; at < indices.length; at += 256) {
    right += tf.tidy(() => {
      const [x, y] = batchOf(tf, dataset, indices.subarray(at, at + 256));
      const top = (model.predict(x) as Tensor).argMax(-1).toFloat();
      return top.equal(y.flatten()).sum().dataSync()[0] as number;
    });
  }
  return right / indices.length;
}

const percent = (fraction: number) => `${(100 * fraction).toFixed(2)}%`;

interface Card {
  readonly recipe: Recipe;
  readonly dataset: Dataset;
  readonly accuracy: number;
  readonly bytes: number;
  readonly parameters: number;
  readonly seconds: number;
  readonly backend: string;
  readonly version: string;
}

function readme({ recipe, dataset, accuracy, bytes, parameters, seconds, backend, version }: Card): string {
  const { name, architecture, data, seed, epochs, batch, rate, storage } = recipe;
  const source = data.path ?? `${data.reader}, ${JSON.stringify(data.settings)}`;
  const rows = [
    ["architecture", architecture],
    [
      "parameters",
      `${parameters}, stored as ${storage}${storage === "float16" ? " (biases and batch norm as float32)" : ""}, ${bytes} bytes`,
    ],
    ["data", `${source}; ${dataset.splits.train.length} samples trained on, ${dataset.splits.test.length} held out`],
    ["data hash", dataset.hash],
    ["training", `Adam, rate ${rate} (one cycle), batch ${batch}, ${epochs} epochs, seed ${seed}`],
    ["test accuracy", `${percent(accuracy)} of ${dataset.splits.test.length}, measured on the stored weights`],
    ["made", `${new Date().toISOString().slice(0, 10)}, TF.js ${version} (${backend}), ${seconds.toFixed(0)} s`],
  ];
  const table = rows.map(([key, value]) => `| ${key} | ${value} |`).join("\n");
  return `# ${name}\n\n| | |\n|---|---|\n${table}\n\nMade by \`npx tsx datasets/models/train.ts ${name}\`; licence as the project's.\n`;
}

await train(process.argv[2]);
