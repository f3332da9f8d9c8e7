import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { ownPackage } from "../../../src/base/package.js";
import type { ChildContext } from "../../../src/cells/child/context.js";
import { runNibbleCell } from "../../../src/cells/nibble/run-cell.js";
import type { CellOutput } from "../../../src/cells/outputs.js";
import type { Result } from "../../../src/index.js";
import type { DataSource } from "../../../src/session/data.js";

tf.env().set("IS_TEST", true);

const datasets = join(ownPackage().folder, "datasets");

/** A context as the execution child has it, in a notebook's folder of its own. */
function child(scope: Record<string, unknown> = {}, signal = new AbortController().signal) {
  const folder = mkdtempSync(join(tmpdir(), "nibble-cell-"));
  mkdirSync(join(folder, ".nibble"));
  const outputs: CellOutput[] = [];
  const context: ChildContext = { scope, cell: 5, folder, signal, emit: (output) => void outputs.push(output) };
  return { context, outputs };
}

const plain = (output: CellOutput) =>
  output.kind === "display" || output.kind === "update-display"
    ? String(output.bundle.data["text/plain"])
    : output.kind;

const definitions = [
  { path: "<cell 2>", text: `model digits_mlp = tfjs("${datasets}/models/digits-mlp/model.json")` },
  {
    path: "<cell 3>",
    text: `data digits = csv("${datasets}/digits/digits.csv") { label: digit, shape: [8, 8, 1], scale: 1/16 }`,
  },
];

test("an experiment runs on definitions of earlier cells, shows progress, table and plots, and leaves its result", async () => {
  const { context, outputs } = child({ unrelated: 1 });
  const text =
    "experiment small {\n model digits_mlp\n data digits\n try dynamic\n measure accuracy, size\n expect dynamic.accuracy_drop < -50%\n}";
  const outcome = await runNibbleCell({ source: { path: "<cell 5>", text }, definitions }, context);
  expect(outcome).toEqual({ status: "ok", variables: [{ name: "small", type: "Result" }] });
  const result = context.scope.small as Result;
  expect(result.records.map(({ status }) => status)).toEqual(["completed", "completed"]);
  expect(result.reportPath).toBe(join(context.folder, ".nibble/results/small/report.html"));
  const [progress] = outputs;
  expect(progress).toMatchObject({ kind: "display", displayId: expect.any(String) });
  const last = outputs
    .filter(({ kind }) => kind === "update-display")
    .map(plain)
    .at(-1);
  expect(last).toMatch(/^small: 2 of 2 trials measured in [\d.]+ s; report: .nibble\/results\/small\/report.html$/);
  const [, table, plot] = outputs.filter(({ kind }) => kind === "display").map(plain);
  expect(table).toContain(" expected");
  expect(plot).toContain("[plot: ");
});

test("a model of the scope is quantized as it is", async () => {
  const net = tf.sequential({ layers: [tf.layers.dense({ name: "head", inputShape: [4], units: 3 })] });
  const { context } = child({ net, n: 32 });
  const text =
    "model m = tfjs($net)\ndata d = random { shape: [4], count: $n }\nexperiment e { model m\n data d\n try dynamic\n measure size }";
  expect(await runNibbleCell({ source: { path: "<cell 5>", text }, definitions: [] }, context)).toEqual({
    status: "ok",
    variables: [
      { name: "e", type: "Result" },
      { name: "d", type: "DataSource" },
    ],
  });
});

test("mistakes end the cell with their places, those of an earlier cell in that cell", async () => {
  const { context, outputs } = child({ count: undefined });
  const text =
    "experiment e {\n  model m\n  data d\n  try statik\n}\ndata x = random { shape: [4], count: $count }\nparam <b> = $nothing";
  const broken = [
    { path: "<cell 2>", text: 'model m = tfjs("missing.json")\ndata d = random { shape: [4], count: 8 }' },
  ];
  const outcome = await runNibbleCell({ source: { path: "<cell 5>", text }, definitions: broken }, context);
  expect(outcome.status).toBe("error");
  if (outcome.status !== "error") return;
  const { ename, evalue, traceback, bundle } = outcome.error;
  const hidden = (text: string) => text.replaceAll(context.folder, "FOLDER");
  expect({ ename, evalue: hidden(evalue) }).toMatchInlineSnapshot(`
    {
      "ename": "ProgramError",
      "evalue": "model-not-found: there is no model at "FOLDER/missing.json" (and 3 more)",
    }
  `);
  expect(hidden(stripVTControlCharacters(traceback.join("\n")))).toMatchInlineSnapshot(`
    "error[model-not-found] <cell 2>:1:16: there is no model at "FOLDER/missing.json"
       1 | model m = tfjs("missing.json")
         |                ^^^^^^^^^^^^^^
         = hint: a TF.js model is a folder with model.json and its weight files; the path names that model.json
    error[unknown-name] <cell 5>:4:7: no scheme is called "statik"
       4 |   try statik
         |       ^^^^^^
         = hint: did you mean "static"?
    error[host-value-kind] <cell 5>:6:38: $count is undefined; a value is needed here
       6 | data x = random { shape: [4], count: $count }
         |                                      ^^^^^^
    error[unexpected-token] <cell 5>:7:7: expected a name, found "<"
       7 | param <b> = $nothing
         |       ^"
  `);
  expect(bundle?.data["text/html"]).toContain("param &lt;b&gt;");
  expect(outputs).toEqual([]);
});

test("a run that is stopped keeps what it has measured", async () => {
  const stop = new AbortController();
  const { context, outputs } = child({}, stop.signal);
  const emit = (output: CellOutput) => {
    outputs.push(output);
    if (plain(output).includes("1 of")) stop.abort();
  };
  const text =
    "experiment e {\n model digits_mlp\n data digits\n try dynamic, static { calibration: minmax | mse }\n measure accuracy, size\n}";
  const outcome = await runNibbleCell({ source: { path: "<cell 5>", text }, definitions }, { ...context, emit });
  expect(outcome).toEqual({ status: "interrupted", variables: [{ name: "e", type: "Result" }] });
  const completed = (context.scope.e as Result).records.length;
  expect(completed).toBeGreaterThan(0);
  expect(completed).toBeLessThan(4);
  expect(outputs.map(plain).at(-1)).toContain("warning[interrupted]");
});

test("a cell of definitions says what they stand for; one without says nothing", async () => {
  const { context, outputs } = child({
    net: tf.sequential({ layers: [tf.layers.dense({ inputShape: [4], units: 3 })] }),
  });
  const text = "%%nibble\nmodel m = tfjs($net)\ndata d = random { shape: [4], count: 800 }\nparam n = 3";
  const run = (code: string) => runNibbleCell({ source: { path: "<cell 5>", text: code }, definitions: [] }, context);
  expect(await run(text)).toEqual({ status: "ok", variables: [{ name: "d", type: "DataSource" }] });
  const { train, test: unseen } = await (context.scope.d as DataSource).read();
  expect([train.size, unseen.size, train.x.shape]).toEqual([640, 160, [640, 4]]);
  expect(await run("param n = 4")).toEqual({ status: "ok", variables: [] });
  expect(await run("")).toEqual({ status: "ok", variables: [] });
  expect(outputs.map(plain)).toEqual(["model m: 1 layer, 15 parameters; input [4]\ndata d: 800 samples of [4]"]);
});

test("what cannot be a model is a mistake at its name, whatever it is", async () => {
  const disposed = tf.sequential({ layers: [tf.layers.dense({ inputShape: [4], units: 3 })] });
  disposed.dispose();
  const scope = { later: Promise.resolve(1), fn: () => 1, nothing: null, disposed };
  const messages: Record<string, unknown> = {};
  for (const name of Object.keys(scope)) {
    const { context } = child(scope);
    const text = `model m = tfjs($${name})`;
    const outcome = await runNibbleCell({ source: { path: "<cell 5>", text }, definitions: [] }, context);
    messages[name] = outcome.status === "error" && outcome.error.evalue.replace(/dense_Dense\d+/, "dense");
  }
  expect(messages).toMatchInlineSnapshot(`
    {
      "disposed": "model-not-in-memory: a model whose weights cannot be read (LayersVariable dense/kernel is already disposed.) is no TF.js model; a tf.LayersModel or tf.GraphModel is needed, or a path to a model.json",
      "fn": "model-not-in-memory: a value of type function is no TF.js model; a tf.LayersModel or tf.GraphModel is needed, or a path to a model.json",
      "later": "model-not-in-memory: a promise (\`await\` it first) is no TF.js model; a tf.LayersModel or tf.GraphModel is needed, or a path to a model.json",
      "nothing": "model-not-in-memory: null is no TF.js model; a tf.LayersModel or tf.GraphModel is needed, or a path to a model.json",
    }
  `);
});
