import { readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { recipes } from "../../datasets/models/recipes.js";
import { readers } from "../../src/datasets/registry.js";
import { loadTensorFlow } from "../../src/engines/tfjs.js";

const root = resolve(import.meta.dirname, "../..");

/** Below the measured accuracy (README of each model) by more than the noise of so few samples. */
const least: Readonly<Record<string, number>> = { "digits-mlp": 0.96, "digits-cnn": 0.98, "strokes-cnn": 0.95 };

test.each(recipes.map((recipe) => [recipe.name, recipe] as const))(
  "%s: the committed weights classify the held-out samples",
  async (name, { data }) => {
    const { tf } = await loadTensorFlow();
    const folder = join(root, "datasets/models", name);
    expect(statSync(join(folder, "weights.bin")).size).toBeLessThan(2_000_000);
    const model = await tf.loadLayersModel(pathToFileURL(join(folder, "model.json")).href);
    const reader = readers.find((each) => each.name === data.reader);
    const dataset = await reader?.open(data.path === undefined ? data : { ...data, path: join(root, data.path) });
    const held = dataset?.splits.test.subarray(0, 360) ?? new Int32Array();
    const [input] = dataset?.read(held) ?? [];
    const expected = dataset?.labels?.values;
    if (!input || !expected) throw new Error("the data has no samples or no labels");
    const top = tf.tidy(() => {
      const output = model.predict(tf.tensor(input.data, [...input.shape]));
      if (Array.isArray(output)) throw new Error("the model has several outputs");
      return output.argMax(-1).dataSync();
    });
    const right = Array.from(held).filter((index, i) => top[i] === expected[index]).length;
    expect(right / held.length).toBeGreaterThanOrEqual(least[name] ?? 1);
    // The README says which samples were held out: the same as now.
    expect(readFileSync(join(folder, "README.md"), "utf8")).toContain(dataset?.hash);
  },
);
