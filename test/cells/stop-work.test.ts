import { join } from "node:path";
import { expect, test } from "vitest";
import { ownPackage } from "../../src/base/package.js";
import { openCells } from "./cell-runs.js";

const datasets = join(ownPackage().folder, "datasets");
const cells = openCells({ typeErrors: "off", allow: [datasets] });

test("Stop ends a training, not only the waiting for it, and keeps the model", async () => {
  await cells.run(
    'import * as tf from "@tensorflow/tfjs"; let epochs = 0; const net = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });\n' +
      'net.compile({ optimizer: "sgd", loss: "meanSquaredError" }); undefined',
  );
  const stopped = await cells.stop(
    'console.log("begun"); await net.fit(tf.zeros([64, 2]), tf.zeros([64, 1]), { epochs: 1e6, verbose: 0, callbacks: { onEpochEnd: () => void epochs++ } })',
  );
  expect(stopped.error).toBe("KeyboardInterrupt: the cell was interrupted");
  const after = await cells.run(
    "const then = epochs; await new Promise((done) => setTimeout(done, 300)); [epochs > 0, epochs === then, net.predict(tf.zeros([3, 2])).shape]",
  );
  expect([after.error, after.result]).toEqual([undefined, "[ true, true, [ 3, 1 ] ]"]);
});

test("Stop ends a sweep, and the next cell runs in the same process", async () => {
  await cells.run("const kept = 41");
  const stopped = await cells.stop(
    `model digits_mlp = tfjs("${datasets}/models/digits-mlp/model.json")\n` +
      `data digits = csv("${datasets}/digits/digits.csv") { label: digit, shape: [8, 8, 1], scale: 1/16 }\n` +
      "experiment sweep {\n  model digits_mlp\n  data digits\n  try weight_only { weights: int8 | int4 | int2, group: 32 | 64 | 128 | 256 }, static { calibration: minmax | percentile(99.9) | entropy | mse }\n  measure accuracy, latency, size\n}",
  );
  expect(stopped.error).toMatch(/^KeyboardInterrupt: /);
  const after = await cells.run("kept + 1");
  expect([after.error, after.result]).toEqual([undefined, "42"]);
});
