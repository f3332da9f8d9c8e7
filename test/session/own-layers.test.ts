import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { tfjsFromArtifacts } from "../../src/frontends/tfjs/artifacts.js";
import { DiagnosticError, registerLayers, renderDiagnostic, runExperiment } from "../../src/index.js";
import * as own from "./own-layer.js";

tf.env().set("IS_TEST", true);
own.tfjs(tf);

const temporary = () => mkdtempSync(join(tmpdir(), "nibble-own-layers-"));

function model(): tf.LayersModel {
  const kernelInitializer = tf.initializers.glorotNormal({ seed: 3 });
  const squared = tf.serialization.SerializationMap.getMap().classNameMap.SquaredRelu?.[0] as unknown as new (
    args: object,
  ) => tf.layers.Layer;
  return tf.sequential({
    layers: [
      tf.layers.dense({ name: "hidden", inputShape: [16], units: 32, kernelInitializer }),
      new squared({ name: "squared" }),
      tf.layers.dense({ name: "head", units: 10, kernelInitializer }),
    ],
  });
}

const run = () =>
  runExperiment(
    {
      name: "own",
      model: model(),
      data: { reader: "random", options: { shape: [16], count: 200, seed: 5 } },
      try: [{ scheme: "dynamic", weights: "int8 per_channel" }],
      measure: ["accuracy", "size"],
    },
    { resultsFolder: temporary(), fresh: true },
  );

test("a model with a layer class that nobody taught names the class and the way", async () => {
  await expect(run()).rejects.toThrow(/"squared" \(SquaredRelu\) cannot be read[\s\S]*registerLayers\(module\)/);
});

test("a layer class of a module is lowered and compared with TF.js in child processes", async () => {
  expect(await registerLayers(new URL("./own-layer.ts", import.meta.url))).toEqual(["SquaredRelu"]);
  const { records } = await run();
  const completed = records.map((record) => {
    if (record.status !== "completed") throw new Error(JSON.stringify(record));
    return record;
  });
  expect(completed.map(({ scheme }) => scheme.name)).toEqual(["fp32", "dynamic"]);
  for (const { parity } of completed) expect(parity?.maxRelativeError).toBeLessThan(1e-5);
  expect(completed[1]?.attestation).toMatchObject({ attested: true, integerNodes: 2 });
});

test("the code of a layer is part of what the hash of a model with it stands for, and of no other's", async () => {
  const hashes = () =>
    ["SquaredRelu", "ReLU"].map((className) => {
      const config = { name: "layer", batch_input_shape: [null, 2] };
      const modelTopology = { class_name: "Sequential", config: [{ class_name: className, config }] };
      return tfjsFromArtifacts({ modelTopology, weightSpecs: [], weightData: new ArrayBuffer(0) }).hash;
    });
  const path = join(temporary(), "changed.mjs");
  writeFileSync(path, 'export const layers = [{ className: "SquaredRelu", lower: (_, inputs) => inputs }];');
  const before = hashes();
  await registerLayers(path);
  const after = hashes();
  expect(after.map((hash, i) => hash === before[i])).toEqual([false, true]);
});

/** What a module with this text is refused with, its path left out. */
async function refusal(text: string): Promise<string> {
  const path = join(temporary(), "module.mjs");
  writeFileSync(path, text);
  const error = await registerLayers(pathToFileURL(path)).catch((thrown: unknown) => thrown);
  if (!(error instanceof DiagnosticError)) throw new Error(`not refused: ${error}`);
  return error.diagnostics.map((each) => renderDiagnostic(each, new Map()).replaceAll(path, "module.mjs")).join("\n");
}

test("what is no module of layers is refused with what is missing", async () => {
  const messages = await Promise.all(
    [
      "throw new Error('not today');",
      "export const other = 1;",
      "export const layers = [{ lower() {} }];",
      "export const layers = [{ className: 'A' }];",
      "export const layers = [{ className: 'A', lower() {} }]; export const tfjs = 3;",
    ].map(refusal),
  );
  expect(messages.map((message) => message.split("\n")[0])).toMatchInlineSnapshot(`
    [
      "error[layer-module]: the layers of module.mjs cannot be used: not today",
      "error[layer-module]: the layers of module.mjs cannot be used: it exports no list \`layers\`",
      "error[layer-module]: the layers of module.mjs cannot be used: a layer has no className",
      "error[layer-module]: the layers of module.mjs cannot be used: "A" has no function lower",
      "error[layer-module]: the layers of module.mjs cannot be used: its \`tfjs\` is no function",
    ]
  `);
  await expect(registerLayers("https://example.org/layers.mjs")).rejects.toThrow(/not a file of this machine/);
});

test("a lowering that throws, or gives back no values, is a mistake at that layer", async () => {
  const broken = async (lower: string) => {
    const path = join(temporary(), "broken.mjs");
    writeFileSync(
      path,
      `export const layers = [{ className: "SquaredRelu", weights: () => ["gain"], lower() { ${lower} } }];`,
    );
    await registerLayers(path);
    return run().then(
      () => "ran",
      (error: unknown) => String(error).match(/error\[[^\n]*/)?.[0],
    );
  };
  expect([await broken("throw new TypeError('no gain')"), await broken("return [{ name: 3 }]")]).toMatchInlineSnapshot(`
    [
      "error[layer-lowering] <program>:1:24: layer "squared" (SquaredRelu) is lowered by code of your own, which failed: no gain",
      "error[layer-lowering] <program>:1:24: layer "squared" (SquaredRelu) is lowered by code of your own, which failed: lower must return a list of { name, shape }, names as context.node gave them, shapes without the batch",
    ]
  `);
});
