import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import util from "node:util";
import { loadDanfo } from "../../src/engines/danfo.js";
import { nativeBindingPath, startTensorFlow, type TfModule } from "../../src/engines/tfjs.js";

/**
 * The choice of a backend holds for a whole process, so each test of one runs this program in a process of its own:
 * scenario, first backend, and optionally the path of a binding. Prints one JSON value.
 */
const scenarios: Record<string, (tf: TfModule) => Promise<unknown>> = {
  async train(tf) {
    // Seeded: from unlucky weights forty steps may end above where they began.
    const uniform = () => tf.initializers.glorotUniform({ seed: 5 });
    const model = tf.sequential({
      layers: [
        tf.layers.conv2d({
          inputShape: [6, 6, 1],
          filters: 4,
          kernelSize: 3,
          activation: "relu",
          kernelInitializer: uniform(),
        }),
        tf.layers.depthwiseConv2d({ kernelSize: 3, depthwiseInitializer: uniform() }),
        tf.layers.reshape({ targetShape: [4, 4] }),
        tf.layers.gru({
          units: 64,
          recurrentInitializer: tf.initializers.orthogonal({ seed: 5 }),
          kernelInitializer: uniform(),
        }),
        tf.layers.dense({ units: 3, activation: "softmax", kernelInitializer: uniform() }),
      ],
    });
    model.compile({ optimizer: tf.train.adam(0.01), loss: "sparseCategoricalCrossentropy" });
    const images = tf.randomUniform([12, 6, 6, 1], 0, 1, "float32", 7);
    const labels = tf.tensor1d([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]);
    const { history } = await model.fit(images, labels, { epochs: 40, verbose: 0, shuffle: false });
    const folder = mkdtempSync(join(tmpdir(), "nibble-test-"));
    try {
      await model.save(`file://${folder}`);
      const again = await tf.loadLayersModel(`file://${folder}/model.json`);
      const [before, after] = [model, again].map((m) =>
        (m.predict(images) as ReturnType<TfModule["tensor"]>).dataSync(),
      );
      const losses = history.loss as number[];
      return { learned: Number(losses.at(-1)) < Number(losses[0]), same: util.isDeepStrictEqual(before, after) };
    } finally {
      rmSync(folder, { recursive: true });
    }
  },

  /** Gradients that the wasm backend borrows. */
  async gradients(tf) {
    const image = tf.tensor4d(
      Array.from({ length: 32 }, (_, i) => i % 5),
      [1, 4, 4, 2],
    );
    const filter = tf.tensor4d(
      Array.from({ length: 24 }, (_, i) => (i % 7) - 3),
      [2, 2, 2, 3],
    );
    const depthwise = tf.tensor4d(
      Array.from({ length: 8 }, (_, i) => (i % 3) - 1),
      [2, 2, 2, 1],
    );
    const table = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);
    const rows = tf.tensor1d([2, 0, 2], "int32");
    const of = (
      loss: (x: ReturnType<TfModule["tensor"]>) => ReturnType<TfModule["scalar"]>,
      at: ReturnType<TfModule["tensor"]>,
    ) => [
      ...tf
        .grad((x) => loss(x))(at)
        .dataSync(),
    ];
    const before = tf.memory().numDataBuffers;
    const gradients = tf.tidy(() => ({
      filter: of(
        (f) =>
          tf
            .conv2d(image, f as typeof filter, 1, "same")
            .square()
            .sum(),
        filter,
      ),
      depthwise: of(
        (f) =>
          tf
            .depthwiseConv2d(image, f as typeof depthwise, 1, "valid")
            .square()
            .sum(),
        depthwise,
      ),
      image: of(
        (x) =>
          tf
            .depthwiseConv2d(x as typeof image, depthwise, 1, "valid")
            .square()
            .sum(),
        image,
      ),
      rows: of((t) => tf.gather(t, rows).square().sum(), table),
      einsum: [...tf.einsum("ij,jk->ik", table, tf.ones([2, 2])).dataSync()],
    }));
    return { gradients, leaked: tf.memory().numDataBuffers - before };
  },

  async topk(tf) {
    const { values, indices } = tf.topk(tf.tensor1d([1, 9, 3]), 2);
    return { values: [...values.dataSync()], indices: [...indices.dataSync()] };
  },

  async frame(tf) {
    const { DataFrame } = loadDanfo();
    const frame = new DataFrame({ scheme: ["fp32", "int8"], top1: [0.98, 0.97] });
    const column = frame.loc({ columns: ["top1"] }).tensor;
    return {
      shape: frame.shape,
      sum: tf.sum(column).arraySync(),
      mean: Number(frame.column("top1").mean().toFixed(3)),
    };
  },
};

async function main(): Promise<unknown> {
  const [scenario = "", first, binding = nativeBindingPath()] = process.argv.slice(2);
  if (scenario === "topk") for (const name of ["isArray", "isNullOrUndefined"]) Reflect.deleteProperty(util, name);
  if (scenario === "frame") loadDanfo();
  const handlers = process.listenerCount("unhandledRejection") + process.listenerCount("uncaughtException");
  const { tf, backend, version } = await startTensorFlow(first, binding);
  const added = process.listenerCount("unhandledRejection") + process.listenerCount("uncaughtException") - handlers;
  return { backend, version, handlers: added, ...((await scenarios[scenario]?.(tf)) as object) };
}

main().then((value) => process.stdout.write(JSON.stringify(value)));
