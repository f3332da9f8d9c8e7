import { readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { LayersModel, Scalar, Tensor, Variable } from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { buildLanguageModel, type LanguageRecipe, languageRecipes } from "../../datasets/models/language-recipes.js";
import { quickGradients } from "../../datasets/models/quick-gradients.js";
import { declarations } from "../../src/datasets/readers/declarations.js";
import { declarations as corpus } from "../../src/datasets/text/declarations.js";
import { loadTensorFlow, type TfModule } from "../../src/engines/tfjs.js";

const models = resolve(import.meta.dirname, "../../datasets/models");

/** Above the measured perplexity (README of each model) by more than the noise of so few sequences. */
const most: Readonly<Record<string, number>> = { "declarations-lm": 7.5, "declarations-lm-small": 10 };

test.each(languageRecipes.map((recipe) => [recipe.name, recipe] as const))(
  "%s: the committed weights know how held-out declarations go on",
  async (name, { length, split }) => {
    const { tf } = await loadTensorFlow();
    const folder = join(models, name);
    expect(statSync(join(folder, "weights.bin")).size).toBeLessThan(8_000_000);
    const model = await tf.loadLayersModel(pathToFileURL(join(folder, "model.json")).href);
    const path = join(folder, "tokenizer.json");
    const data = await declarations.open({
      name,
      reader: "declarations",
      path,
      settings: { length, split, limit: 1000 },
    });
    const held = data.splits.test.subarray(0, 48);
    const [input] = data.read(held);
    const { labels } = data;
    if (!input || labels?.kind !== "tokens") throw new Error("the data has no tokens");
    const next = Array.from(held, (i) => [...labels.values.subarray(i * length, (i + 1) * length)]).flat();
    const loss = tf.tidy(() => {
      const logits = (model.predict(tf.tensor(input.data, [...input.shape])) as Tensor).reshape([-1, labels.classes]);
      const right = tf.logSoftmax(logits).mul(tf.oneHot(tf.tensor1d(next, "int32"), labels.classes));
      return -(right.sum().dataSync()[0] as number) / next.length;
    });
    expect(Math.exp(loss)).toBeLessThan(most[name] ?? 1);
    const { hash } = await corpus();
    expect(readFileSync(join(folder, "README.md"), "utf8")).toContain(hash);
  },
);

const tiny: LanguageRecipe = {
  ...{ name: "tiny", blocks: 1, width: 8, heads: 1, length: 4, vocabulary: 5, batch: 2, steps: 1, rate: 1, seed: 3 },
  split: { train: 0.5, test: 0.5, seed: 1 },
};

/** Loss and gradients of the tiny model on fixed tokens. */
function gradientsOf(tf: TfModule, model: LayersModel): number[] {
  const variables = model.trainableWeights.map((weight) => (weight as unknown as { val: Variable }).val);
  const tokens = tf.tensor2d([1, 4, 0, 2, 3, 3, 1, 0], [2, 4], "int32");
  const { value, grads } = tf.variableGrads(() => {
    const logits = model.apply(tokens, { training: true }) as Tensor;
    return tf.losses.softmaxCrossEntropy(tf.oneHot(tokens, 5).reshape([-1, 5]), logits.reshape([-1, 5])) as Scalar;
  }, variables);
  return [value, ...variables.map(({ name }) => grads[name] as Tensor)].flatMap((each) => [...each.dataSync()]);
}

test("the quicker gradients of training are those of TF.js", async () => {
  const { tf } = await loadTensorFlow();
  const model = buildLanguageModel(tf, tiny);
  const expected = gradientsOf(tf, model);
  quickGradients(tf, model);
  const actual = gradientsOf(tf, model);
  expect(actual).toHaveLength(expected.length);
  const errors = actual.map((value, i) => Math.abs(value - (expected[i] ?? Number.NaN)));
  expect(Math.max(...errors)).toBeLessThan(1e-5);
  expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(0.01);
});
