import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { ownPackage } from "../../src/base/package.js";
import { anyOf, experimentText, nibble, ProgramError, runExperiment } from "../../src/index.js";

tf.env().set("IS_TEST", true);

const csv = join(ownPackage().folder, "datasets/digits/digits.csv");
const resultsFolder = () => mkdtempSync(join(tmpdir(), "nibble-session-"));

/** A small classifier of digits with fixed weights, never trained: what it says does not matter, that all say it does. */
function classifier(): tf.LayersModel {
  const seed = 3;
  return tf.sequential({
    layers: [
      tf.layers.conv2d({
        name: "conv",
        inputShape: [8, 8, 1],
        filters: 8,
        kernelSize: 3,
        activation: "relu",
        kernelInitializer: tf.initializers.glorotNormal({ seed }),
      }),
      tf.layers.flatten({ name: "flat" }),
      tf.layers.dense({
        name: "head",
        units: 10,
        activation: "softmax",
        kernelInitializer: tf.initializers.glorotNormal({ seed }),
      }),
    ],
  });
}

test("a model in memory runs through the template tag and through plain data with the same result", async () => {
  const model = classifier();
  const fromText = await nibble`
    model net = tfjs(${model})
    data digits = csv(${csv}) { label: digit, shape: [8, 8, 1], scale: 1/16 }
    experiment small {
      model net
      data digits
      try static { calibration: minmax | mse, samples: 64 }
      measure accuracy, size
    }
  `;
  const fromData = await runExperiment(
    {
      name: "small",
      model,
      data: { reader: "csv", path: csv, options: { label: "digit", shape: [8, 8, 1], scale: 1 / 16 } },
      try: [{ scheme: "static", calibration: anyOf("minmax", "mse"), samples: 64 }],
      measure: ["accuracy", "size"],
    },
    { resultsFolder: resultsFolder(), fresh: true },
  );
  const summary = ({ records }: typeof fromText) =>
    records.map((record) => {
      if (record.status !== "completed") throw new Error(JSON.stringify(record));
      const { trial, scheme, accuracy, size, parity } = record;
      return { trial, scheme, accuracy, size, parity };
    });
  expect(summary(fromData)).toEqual(summary(fromText));
  expect(summary(fromText).map(({ scheme }) => scheme.calibration)).toEqual([undefined, "minmax", "mse"]);
});

test("a result gives its table, its frame, its plots and its page from the records", async () => {
  const result = await runExperiment(
    {
      model: classifier(),
      data: { reader: "random", options: { shape: [8, 8, 1], count: 200, seed: 5 } },
      try: [{ scheme: "weight_only", weights: "int8", group: 32 }],
      measure: ["accuracy", "size"],
    },
    { resultsFolder: resultsFolder() },
  );
  const frame = result.frame();
  expect(frame.shape[0]).toBe(2);
  expect(frame["scheme"].values).toEqual(["fp32", "weight_only"]);
  expect(result.table({ width: 80 })).toContain("weight_only");
  expect(result.plot.layers().data.length).toBeGreaterThan(0);
  expect(result.html()).toBe(readFileSync(result.reportPath, "utf8"));
  expect(result.markdown()).toContain("| weight\\_only |");
});

test("a mistake in a template is thrown with every diagnostic and its place", async () => {
  const thrown = await nibble`
experiment e {
  model nowhere
}
`.catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(ProgramError);
  expect((thrown as ProgramError).message).toMatchInlineSnapshot(`
    "
    error[missing-clause] <program>:2:12: the experiment "e" has no data
       2 | experiment e {
         |            ^
         = hint: add a line: data digits

    warning[nothing-to-try] <program>:2:12: the experiment "e" tries nothing but the baseline
       2 | experiment e {
         |            ^
         = hint: add a line: try static { calibration: minmax }

    error[unknown-name] <program>:3:9: no model is called "nowhere"
       3 |   model nowhere
         |         ^^^^^^^
         = hint: define it: model nowhere = tfjs("model.json")"
  `);
});

test("plain data stands for a program", () => {
  expect(
    experimentText({
      model: "model.json",
      inputShape: [224, 224, 3],
      data: { reader: "csv", path: "a.csv", options: { label: "y", shape: [2, 2] } },
      try: [{ scheme: "static", weights: "int8 per_channel", samples: anyOf(64, 256) }],
      keep: [{ layers: "dense_*", at: "fp32" }],
      where: ["not (samples = 64)"],
      expect: ["static.speedup >= 2x"],
    }),
  ).toMatchInlineSnapshot(`
    "model the_model = tfjs($model) { input_shape: [224, 224, 3] }
    data the_data = csv($data) { label: y, shape: [2, 2] }
    experiment experiment {
      model the_model
      data the_data
      baseline fp32
      try static { weights: int8 per_channel, samples: 64 | 256 }
      keep layers "dense_*" at fp32
      where not (samples = 64)
      measure accuracy, latency, size
      expect static.speedup >= 2x
    }
    "
  `);
});
