import { readFile, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { tfjsFromArtifacts } from "../../../src/frontends/tfjs/artifacts.js";
import { toGraph } from "../../../src/frontends/tfjs/graph.js";
import { readTfjs } from "../../../src/frontends/tfjs/read.js";
import { summarize } from "../../../src/frontends/tfjs/summary.js";
import { inFolder } from "./parity.js";
import { refused, save, small } from "./saving.js";

describe("broken models", () => {
  async function broken(change: (folder: string, path: string) => Promise<unknown>): Promise<string> {
    return inFolder(async (folder) => {
      const path = await save(small(), folder);
      await change(folder, path);
      return refused(folder, async () => {
        const model = await readTfjs(path);
        return toGraph(model);
      });
    });
  }
  const edited = (edit: (text: string) => string) =>
    broken(async (_, path) => writeFile(path, edit(await readFile(path, "utf8"))));

  test("nothing there, a folder without model.json, a URL", async () => {
    await inFolder(async (folder) => {
      const found = await Promise.all(
        [join(folder, "none.json"), folder, "https://example.com/model.json"].map((path) =>
          refused(folder, () => readTfjs(path)),
        ),
      );
      expect(found.join("\n")).toMatchInlineSnapshot(`
        "error[model-not-found]: there is no model at "FOLDER/none.json"
             = hint: a TF.js model is a folder with model.json and its weight files; the path names that model.json
        error[model-not-found]: there is no model at "FOLDER/model.json"
             = hint: a TF.js model is a folder with model.json and its weight files; the path names that model.json
        error[model-remote]: "https://example.com/model.json" is on the network; models are read from files
             = hint: download model.json and the weight files it names into one folder, and name that model.json"
      `);
    });
  });

  test("no JSON, cut JSON, JSON of something else, an array", async () => {
    const found = [
      await edited(() => "MZ"),
      await edited((text) => text.slice(0, 100)),
      await edited((text) => text.replace(":", "=")),
      await edited(() => ""),
      await edited(() => '{"name": "package"}'),
      await edited(() => "[]"),
    ];
    expect(found.join("\n")).toMatchInlineSnapshot(`
      "error[model-json-syntax]: "FOLDER/model.json" is not JSON: a "M" is out of place
           = hint: write the model with \`model.save()\` of TF.js, or convert a Keras model with \`tensorflowjs_converter --input_format keras\`
      error[model-json-syntax]: "FOLDER/model.json" is not JSON: it ends in the middle
           = hint: write the model with \`model.save()\` of TF.js, or convert a Keras model with \`tensorflowjs_converter --input_format keras\`
      error[model-json-syntax]: "FOLDER/model.json" is not JSON: something is out of place at line 1, column 10
           = hint: write the model with \`model.save()\` of TF.js, or convert a Keras model with \`tensorflowjs_converter --input_format keras\`
      error[model-json-syntax]: "FOLDER/model.json" is not JSON: it is empty
           = hint: write the model with \`model.save()\` of TF.js, or convert a Keras model with \`tensorflowjs_converter --input_format keras\`
      error[model-no-topology]: "FOLDER/model.json" has no "modelTopology", so it is not a TF.js model
           = hint: write the model with \`model.save()\` of TF.js, or convert a Keras model with \`tensorflowjs_converter --input_format keras\`
      error[model-json-shape]: the content of "FOLDER/model.json" must be an object, and is []
           = hint: write the model with \`model.save()\` of TF.js, or convert a Keras model with \`tensorflowjs_converter --input_format keras\`"
    `);
  });

  test("JSON too deep to be a model", async () => {
    expect(await edited(() => `${"[".repeat(5000)}${"]".repeat(5000)}`)).toMatchInlineSnapshot(
      `"error[model-json-depth]: "FOLDER/model.json" nests values deeper than 128 levels, which no TF.js model does"`,
    );
  });

  test("a graph-model", async () => {
    const found = [
      await edited((text) => text.replace("layers-model", "graph-model")),
      await edited(() => '{"modelTopology": {"node": []}, "weightsManifest": []}'),
    ];
    expect(found.join("\n")).toMatchInlineSnapshot(`
      "error[graph-model]: "FOLDER/model.json" is a graph-model, where a layers-model is needed
           = hint: convert the Keras model to a layers-model: \`tensorflowjs_converter --input_format keras --output_format tfjs_layers_model\`
      error[graph-model]: "FOLDER/model.json" is a graph-model, where a layers-model is needed
           = hint: convert the Keras model to a layers-model: \`tensorflowjs_converter --input_format keras --output_format tfjs_layers_model\`"
    `);
  });

  test("a weight file that is missing, cut, too long, a folder", async () => {
    const shard = "group1-shard2.bin";
    const found = [
      await edited((text) => text.replace(shard, "gone.bin")),
      await broken((folder) => truncate(join(folder, shard), 10)),
      await broken((folder) => writeFile(join(folder, shard), Buffer.alloc(100))),
      await edited((text) => text.replace(`"${shard}"`, '"."')),
    ];
    expect(found.join("\n")).toMatchInlineSnapshot(`
      "error[shard-missing]: the weight file "gone.bin" that "FOLDER/model.json" names does not exist
           = hint: copy every weight file into the folder of model.json
      error[shard-size]: "group1-shard1.bin", "group1-shard2.bin", "group1-shard3.bin" and 2 more together have 254 bytes; the manifest describes 308 bytes
           = hint: the file is cut short: copy or download it again
      error[shard-size]: "group1-shard1.bin", "group1-shard2.bin", "group1-shard3.bin" and 2 more together have 344 bytes; the manifest describes 308 bytes
           = hint: the files belong to another version of model.json: export model and weights together
      error[shard-outside]: the weight file "." lies outside the folder of "FOLDER/model.json"
           = hint: keep weight files in the folder of model.json and name them without \`..\` or a leading \`/\`"
    `);
  });

  test("weight files outside the folder: by path, by a link", async () => {
    const shard = '"group1-shard2.bin"';
    const found = [
      await edited((text) => text.replace(shard, '"../../other.bin"')),
      await edited((text) => text.replace(shard, '"/elsewhere/weights.bin"')),
      await broken(async (folder, path) => {
        await symlink(fileURLToPath(import.meta.url), join(folder, "link.bin"));
        await writeFile(path, (await readFile(path, "utf8")).replace(shard, '"link.bin"'));
      }),
    ];
    expect(found.join("\n")).toMatchInlineSnapshot(`
      "error[shard-outside]: the weight file "../../other.bin" lies outside the folder of "FOLDER/model.json"
           = hint: keep weight files in the folder of model.json and name them without \`..\` or a leading \`/\`
      error[shard-outside]: the weight file "/elsewhere/weights.bin" lies outside the folder of "FOLDER/model.json"
           = hint: keep weight files in the folder of model.json and name them without \`..\` or a leading \`/\`
      error[shard-outside]: the weight file "link.bin" lies outside the folder of "FOLDER/model.json"
           = hint: keep weight files in the folder of model.json and name them without \`..\` or a leading \`/\`"
    `);
  });

  test("NaN and infinity in weights", async () => {
    const found = await broken(async (folder, path) => {
      const json = JSON.parse(await readFile(path, "utf8")) as { weightsManifest: { paths: string[] }[] };
      const [group] = json.weightsManifest;
      const bytes = Buffer.concat(await Promise.all((group?.paths ?? []).map((name) => readFile(join(folder, name)))));
      const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
      values.set([Number.NaN, 1, Number.NEGATIVE_INFINITY, Number.NaN], 3);
      if (group) group.paths = ["all.bin"];
      await writeFile(join(folder, "all.bin"), new Uint8Array(values.buffer));
      await writeFile(path, JSON.stringify(json));
    });
    expect(found).toMatchInlineSnapshot(`
      "error[model-weight-not-finite]: weight "conv/kernel" holds 2 NaN and 1 infinite of 18 values
           = hint: training has diverged, or the file is damaged: no measurement on this model means anything"
    `);
  });

  test("weights of another shape, type or name, twice, or numbered", async () => {
    const found = [
      await edited((text) => text.replace('"units":3', '"units":4')),
      await edited((text) =>
        text.replace(
          '"name":"conv/bias","shape":[2],"dtype":"float32"',
          '"name":"conv/bias","shape":[2],"dtype":"complex64"',
        ),
      ),
      await edited((text) => text.replace('"name":"conv/bias"', '"name":"conv/bais"')),
      await edited((text) => text.replace('"name":"conv/bias"', '"name":"conv/kernel"')),
      await edited((text) => text.replace('"name":"conv/bias"', '"name":"layers/conv/vars/1"')),
      await edited((text) => text.replace(/"weightsManifest":.*$/, '"weightsManifest":[]}')),
    ];
    expect(found.join("\n")).toMatchInlineSnapshot(`
      "error[model-weight-shape]: weight "kernel" of layer "head" has shape [18, 3]; the layer needs [18, 4]
           = hint: the weight files belong to another version of model.json: export model and weights together
      error[model-weight-type]: weight "conv/bias" has type complex64; weights may be float32, int32 or bool, stored as such or as uint8, uint16 or float16
      error[model-weight-missing]: layer "conv" needs the weight "conv/bias", which is not among the 4 weights of the model
           = hint: the nearest name is "conv/bais"
      error[model-weight-duplicate]: two weights are called "conv/kernel"
           = hint: give layers of different sub-models different names and export the model again
      error[keras3-archive-weights]: weight "layers/conv/vars/1" is numbered as in a Keras 3 archive, which does not say which layer it belongs to
           = hint: save the model as HDF5 first (\`model.save("model.h5")\`), or set TF_USE_LEGACY_KERAS=1, and convert it again
      error[model-weight-missing]: layer "conv" needs the weight "conv/kernel", which is not among the 0 weights of the model
           = hint: export model and weights together"
    `);
  });

  test("options that make no sense", async () => {
    const found = [
      await edited((text) => text.replace('"units":3', '"units":-3')),
      await edited((text) => text.replace('"kernel_size":[3,3]', '"kernel_size":[3,3,3]')),
      await edited((text) => text.replace('"activation":"relu"', '"activation":"reluu"')),
      await edited((text) => text.replace('"padding":"valid"', '"padding":"causal"')),
      await edited((text) => text.replace('"class_name":"Flatten"', '"class_name":"Flaten"')),
      await edited((text) => text.replace('"batch_input_shape":[null,5,5,1]', '"batch_input_shape":[null,5,"5",1]')),
      await edited((text) => text.replace('"class_name":"Sequential"', '"class_name":"Pipeline"')),
    ];
    expect(found.join("\n")).toMatchInlineSnapshot(`
      "error[layer-option]: units of layer "head" (Dense) must be an integer from 1 to 67108864, and is -3
      error[layer-option]: kernelSize of layer "conv" (Conv2D) must be 2 integers from 1 to 67108864, and is [3,3,3]
      error[unsupported-option]: layer "conv" (Conv2D) has activation "reluu": the activations are elu, selu, relu, relu6, linear, sigmoid, hardSigmoid, softplus, softsign, tanh, softmax, logSoftmax, gelu, gelu_new, mish, swish
      error[unsupported-option]: layer "conv" (Conv2D) has padding "causal": TF.js has no causal padding either
      error[unsupported-layer]: layer "flat" (Flaten) cannot be read
           = hint: did you mean "Flatten"? A class of your own is taught from TypeScript: registerLayers(module)
      error[model-json-shape]: the input shape of "conv_input" must be a list of sizes and nulls, and is [null,5,"5",1]
           = hint: write the model with \`model.save()\` of TF.js, or convert a Keras model with \`tensorflowjs_converter --input_format keras\`
      error[model-json-shape]: "class_name" of the model must be "Sequential", "Functional" or "Model", and is "Pipeline"
           = hint: write the model with \`model.save()\` of TF.js, or convert a Keras model with \`tensorflowjs_converter --input_format keras\`"
    `);
  });

  test("connections that do not close", async () => {
    const input = {
      class_name: "InputLayer",
      name: "x",
      config: { name: "x", batch_input_shape: [null, 2] },
      inbound_nodes: [],
    };
    const add = (name: string, ...from: string[]) => ({
      class_name: "Add",
      name,
      config: { name },
      inbound_nodes: [from.map((layer) => [layer, 0, 0, {}])],
    });
    const model = (...adds: unknown[]) => ({
      modelTopology: {
        class_name: "Model",
        config: { name: "m", layers: [input, ...adds], input_layers: [["x", 0, 0]], output_layers: [["a", 0, 0]] },
      },
    });
    const lowered = (artifacts: unknown) => refused("FOLDER", () => toGraph(tfjsFromArtifacts(artifacts)));
    const found = [
      await lowered(model(add("a", "x", "b"), add("b", "a", "x"))),
      await lowered(model(add("a", "x", "xx"))),
      await lowered(model(add("a", "x"))),
      await lowered(model(add("a", "x", "x"), add("a", "x", "x"))),
    ];
    expect(found.join("\n")).toMatchInlineSnapshot(`
      "error[layers-disconnected]: the inputs of "b" cannot be computed: they wait for one another, or for an input that is not there
      error[layer-unknown]: layer "a" takes its input from "xx", which the model does not have
           = hint: did you mean "x"?
      error[layer-input-count]: layer "a" (Add) takes at least two inputs, and is connected to 1
      error[layer-duplicate]: two layers of one model are called "a""
    `);
  });

  test("operations of Python that the file holds no layer for", async () => {
    const call = (name: string, className: string, from: unknown) => ({
      class_name: className,
      name,
      config: { name },
      inbound_nodes: from,
    });
    const input = {
      class_name: "InputLayer",
      name: "x",
      config: { name: "x", batch_input_shape: [null, 2] },
      inbound_nodes: [],
    };
    const model = (...layers: unknown[]) => ({
      modelTopology: {
        class_name: "Functional",
        config: { name: "m", layers: [input, ...layers], input_layers: [["x", 0, 0]], output_layers: [["last", 0, 0]] },
      },
    });
    const lowered = (artifacts: unknown) => refused("FOLDER", () => toGraph(tfjsFromArtifacts(artifacts)));
    const found = [
      await lowered(model(call("last", "TFOpLambda", [["x", 0, 0, { y: ["x", 0, 0], name: null }]]))),
      await lowered(model(call("last", "TFOpLambda", [["_CONSTANT_VALUE", -1, 5, { y: ["x", 0, 0] }]]))),
      await lowered(model(call("last", "Activation", [[["x", 0, 0, { axis: 1 }]]]))),
    ];
    expect(found.join("\n")).toMatchInlineSnapshot(`
      "error[unsupported-layer]: layer "last" (TFOpLambda) cannot be read: it is a bare TensorFlow operation, which TF.js cannot load either; use a layer instead
           = hint: rebuild the model without it, or teach Nibble the class from TypeScript: registerLayers(module)
      error[unsupported-layer]: layer "last" (TFOpLambda) cannot be read: it is a bare TensorFlow operation, which TF.js cannot load either; use a layer instead
           = hint: rebuild the model without it, or teach Nibble the class from TypeScript: registerLayers(module)
      error[unsupported-option]: layer "last" (Activation) has the argument axis: 1: arguments of a call are not known to its lowering"
    `);
  });

  test("values that are no model", async () => {
    const found = await Promise.all(
      [null, 3, {}, { executor: {} }].map((value) => refused("FOLDER", () => tfjsFromArtifacts(value))),
    );
    expect(found.join("\n")).toMatchInlineSnapshot(`
      "error[model-not-in-memory]: null is no TF.js model; a tf.LayersModel or tf.GraphModel is needed, or a path to a model.json
      error[model-not-in-memory]: a value of type number is no TF.js model; a tf.LayersModel or tf.GraphModel is needed, or a path to a model.json
      error[model-not-in-memory]: a value of type object is no TF.js model; a tf.LayersModel or tf.GraphModel is needed, or a path to a model.json
      error[graph-model]: "the model in memory" is a graph-model, where a layers-model is needed
           = hint: convert the Keras model to a layers-model: \`tensorflowjs_converter --input_format keras --output_format tfjs_layers_model\`"
    `);
  });

  test("a summary never throws", async () => {
    await inFolder(async (folder) => {
      const path = await save(small(), folder);
      await writeFile(
        path,
        (await readFile(path, "utf8")).replace('"units":3', '"units":4').replace("Flatten", "Lambda"),
      );
      const { diagnostics, outputs } = summarize(await readTfjs(path));
      expect(outputs).toEqual([{ name: "head" }]);
      expect(diagnostics.map(({ code }) => code)).toEqual(["unsupported-layer"]);
    });
  });
});
