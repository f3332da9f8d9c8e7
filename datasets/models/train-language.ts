import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { LayersModel, Optimizer, Scalar, Tensor, Tensor3D, Variable } from "@tensorflow/tfjs";
import { type Random, seededRandom } from "../../src/base/random.js";
import { declarations } from "../../src/datasets/text/declarations.js";
import { splitDocuments } from "../../src/datasets/text/split.js";
import { readTokenizer, tokenStream } from "../../src/datasets/text/tokenizer.js";
import { loadTensorFlow, type TfModule } from "../../src/engines/tfjs.js";
import { learnBpe } from "./bpe.js";
import { architecture, buildLanguageModel, type LanguageRecipe, languageRecipes } from "./language-recipes.js";
import { quickGradients } from "./quick-gradients.js";
import { storeModel } from "./store.js";

const models = dirname(fileURLToPath(import.meta.url));

/** Trains the language model called `name` and writes tokenizer.json, model.json, weights.bin and README.md. */
async function train(name: string | undefined): Promise<void> {
  const recipe = languageRecipes.find((each) => each.name === name);
  const names = languageRecipes.map((each) => each.name).join("|");
  if (!recipe) throw new Error(`usage: npx tsx datasets/models/train-language.ts ${names}`);
  const folder = join(models, recipe.name);
  await mkdir(folder, { recursive: true });
  const corpus = await declarations();
  const documents = splitDocuments(corpus.documents, recipe.split);
  const texts = (split: "train" | "test") => documents[split].map(({ text }) => text);
  const path = join(folder, "tokenizer.json");
  // Learned from the training text alone, as the weights are.
  await writeFile(path, `${JSON.stringify(learnBpe(texts("train"), recipe.vocabulary))}\n`);
  const tokenizer = await readTokenizer(path);
  const streams = { train: tokenStream(texts("train"), tokenizer), test: tokenStream(texts("test"), tokenizer) };
  const { tf, backend, version } = await loadTensorFlow();
  const model = buildLanguageModel(tf, recipe);
  quickGradients(tf, model);
  console.log(`${model.countParams()} parameters, ${streams.train.length} tokens, ${streams.test.length} held out`);
  const started = performance.now();
  await fit(tf, model, recipe, streams, () => storeModel(tf, model, folder, "float16"));
  const seconds = (performance.now() - started) / 1000;
  const bytes = await storeModel(tf, model, folder, "float16");
  // Read back: what counts is the stored weights.
  const stored = await tf.loadLayersModel(pathToFileURL(join(folder, "model.json")).href);
  const held = evaluate(tf, stored, recipe, streams.test);
  const card = { recipe, corpus: corpus.hash, streams, held, bytes, parameters: model.countParams(), seconds };
  await writeFile(join(folder, "README.md"), readme({ ...card, made: `TF.js ${version} (${backend})` }));
  console.log(`${recipe.name}: held-out perplexity ${Math.exp(held.loss).toFixed(3)}, ${bytes} bytes`);
}

interface Streams {
  readonly train: Int32Array;
  readonly test: Int32Array;
}

/** Steps between two lines of the log. */
const lines = 50;
/** Steps between two looks at held-out text and copies of the weights on disk. */
const looks = 600;

async function fit(
  tf: TfModule,
  model: LayersModel,
  recipe: LanguageRecipe,
  streams: Streams,
  store: () => Promise<number>,
): Promise<void> {
  const { steps, rate, seed } = recipe;
  const random = seededRandom(seed);
  const optimizer = tf.train.adam(rate, 0.9, 0.98);
  let sum = 0;
  let since = performance.now();
  for (let step = 1; step <= steps; step++) {
    // The rate is an ordinary field of tf.AdamOptimizer, though its type hides it.
    Object.assign(optimizer, { learningRate: rate * schedule(step / steps) });
    sum += trainStep(tf, model, optimizer, drawn(tf, streams.train, recipe, random), recipe);
    if (step % lines === 0) {
      const speed = (lines * recipe.batch * recipe.length * 1000) / (performance.now() - since);
      console.log(`step ${step}/${steps}: loss ${(sum / lines).toFixed(4)}, ${speed.toFixed(0)} tokens/s`);
      sum = 0;
      since = performance.now();
    }
    if (step % looks === 0 && step < steps) {
      const { loss } = evaluate(tf, model, recipe, streams.test.subarray(0, 200 * recipe.length));
      console.log(`step ${step}/${steps}: held-out perplexity ${Math.exp(loss).toFixed(3)}`);
      await store();
      since = performance.now();
    }
  }
}

/** One cycle: up in the first twentieth, then down to 0 (Loshchilov and Hutter 2017, with a warm-up). */
function schedule(progress: number): number {
  return progress < 0.05 ? progress * 20 : 0.5 * (1 + Math.cos((Math.PI * (progress - 0.05)) / 0.95));
}

type Batch = readonly [inputs: Tensor, targets: Tensor];

/** Sequences from random places of the text, and the tokens that follow each position. */
function drawn(tf: TfModule, stream: Int32Array, { batch, length }: LanguageRecipe, random: Random): Batch {
  const starts = Array.from({ length: batch }, () => random.integer(0, stream.length - length - 1));
  return batchAt(tf, stream, starts, length);
}

function batchAt(tf: TfModule, stream: Int32Array, starts: readonly number[], length: number): Batch {
  const rows = (shift: number) => starts.flatMap((at) => [...stream.subarray(at + shift, at + shift + length)]);
  const shape: [number, number] = [starts.length, length];
  return [tf.tensor(rows(0), shape, "int32"), tf.tensor(rows(1), shape, "int32")];
}

/** Gradients larger than this in all are scaled down (Pascanu et al. 2013). */
const mostGradient = 1;

function trainStep(
  tf: TfModule,
  model: LayersModel,
  optimizer: Optimizer,
  [inputs, targets]: Batch,
  { vocabulary }: LanguageRecipe,
): number {
  return tf.tidy(() => {
    const loss = () => {
      const logits = model.apply(inputs, { training: true }) as Tensor3D;
      const hot = tf.oneHot(targets, vocabulary).reshape([-1, vocabulary]);
      return tf.losses.softmaxCrossEntropy(hot, logits.reshape([-1, vocabulary])) as Scalar;
    };
    const { value, grads } = tf.variableGrads(loss, weightsOf(model));
    const squares = Object.values(grads).map((each) => each.square().sum());
    const factor = tf.minimum(1, tf.scalar(mostGradient).div(tf.addN(squares).sqrt()));
    for (const name of Object.keys(grads)) grads[name] = (grads[name] as Tensor).mul(factor);
    optimizer.applyGradients(grads);
    tf.dispose([inputs, targets]);
    return value.dataSync()[0] as number;
  });
}

/** The variables behind the trained weights; the layers' type hides them. */
function weightsOf(model: LayersModel): Variable[] {
  return model.trainableWeights.map((weight) => (weight as unknown as { val: Variable }).val);
}

/** Mean loss in nats and share of right next tokens over the sequences of `stream`, one after another. */
function evaluate(tf: TfModule, model: LayersModel, { length, vocabulary }: LanguageRecipe, stream: Int32Array) {
  let [loss, right, count] = [0, 0, 0];
  for (let at = 0; at + length < stream.length; at += length) {
    const [l, r] = tf.tidy(() => {
      const [inputs, targets] = batchAt(tf, stream, [at], length);
      const logits = (model.predict(inputs) as Tensor3D).reshape([-1, vocabulary]);
      const hot = tf.oneHot(targets.flatten(), vocabulary);
      const lost = tf.logSoftmax(logits).mul(hot).sum().neg();
      return [lost.dataSync()[0] as number, logits.argMax(-1).equal(targets.flatten()).sum().dataSync()[0] as number];
    });
    loss += l ?? 0;
    right += r ?? 0;
    count += length;
  }
  return { loss: loss / count, accuracy: right / count, count };
}

interface Card {
  readonly recipe: LanguageRecipe;
  readonly corpus: string;
  readonly streams: Streams;
  readonly held: { readonly loss: number; readonly accuracy: number; readonly count: number };
  readonly bytes: number;
  readonly parameters: number;
  readonly seconds: number;
  readonly made: string;
}

function readme({ recipe, corpus, streams, held, bytes, parameters, seconds, made }: Card): string {
  const { name, batch, length, steps, rate, seed } = recipe;
  const rows = [
    ["architecture", architecture(recipe)],
    ["parameters", `${parameters}, stored as float16 (biases and norms as float32), ${bytes} bytes`],
    [
      "data",
      `declarations of the .d.ts files of the typescript package; ${streams.train.length} tokens trained on, ${streams.test.length} held out`,
    ],
    ["data hash", corpus],
    ["tokenizer", `byte-level BPE of ${recipe.vocabulary} tokens, learned from the training text`],
    [
      "training",
      `Adam, rate ${rate} (one cycle), ${steps} steps of ${batch} sequences of ${length} tokens, seed ${seed}`,
    ],
    [
      "held-out perplexity",
      `${Math.exp(held.loss).toFixed(3)} over ${held.count} tokens, measured on the stored weights`,
    ],
    ["next-token accuracy", `${(100 * held.accuracy).toFixed(2)}%`],
    ["made", `${new Date().toISOString().slice(0, 10)}, ${made}, ${seconds.toFixed(0)} s`],
  ];
  const table = rows.map(([key, value]) => `| ${key} | ${value} |`).join("\n");
  return `# ${name}\n\n| | |\n|---|---|\n${table}\n\nMade by \`npx tsx datasets/models/train-language.ts ${name}\`; licence as the project's.\n`;
}

await train(process.argv[2]);
