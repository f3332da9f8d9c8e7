import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { toOnnx } from "../../src/backends/onnx/write.js";
import { graphBuilder } from "../../src/ir/builder.js";
import { startTuner, timeTrial } from "../../src/run/latency-trial.js";
import { startWorker } from "../../src/run/process.js";
import { tensor, tensorFrom } from "../../src/tensor/tensor.js";

/** A matrix product that two threads may share. */
function model(): string {
  const size = 256;
  const build = graphBuilder("product");
  const x = build.input("x", "float32", [size, size]);
  const weights = build.constant("w", tensor("float32", [size, size], new Float32Array(size * size).fill(0.5)));
  const path = join(mkdtempSync(join(tmpdir(), "nibble-timed-")), "product.onnx");
  writeFileSync(path, toOnnx(build.build([build.node("MatMul", [x, weights])])));
  return path;
}

test.each([1, 2])("a model is really timed against itself with %d thread(s)", async (threads) => {
  const path = model();
  const effort = {
    quick: true,
    processes: 1,
    protocol: { warmUpMs: 5, sampleMs: 1, pairs: 4, minimumPairs: 2, maximumMs: 10_000 },
    tuningMs: 20,
  };
  const feeds = { x: tensorFrom("float32", [256, 256], Array(256 * 256).fill(1)) };
  const result = await timeTrial(
    { baseline: path, trial: path },
    feeds,
    { batch: 1, threads },
    {
      ...{ effort, startWorker, seed: 1, attested: true },
      tuner: startTuner(effort, startWorker),
    },
  );
  expect(result).toMatchObject({ batch: 1, threads, quick: true, processes: 1 });
  expect(result.medianMs).toBeGreaterThan(0);
  const [samples] = result.samples ?? [];
  expect(samples?.trialMs).toHaveLength(result.pairs);
  const { discarded, pinned = [], clockGhz } = result.conditions ?? {};
  expect(discarded?.of).toBeGreaterThanOrEqual(2);
  if (pinned.length > 0) expect(pinned.length).toBeLessThanOrEqual(threads);
  // A clock that processors have.
  expect(clockGhz?.max ?? 1).toBeGreaterThan(0.05);
  expect(clockGhz?.max ?? 1).toBeLessThan(10);
});
