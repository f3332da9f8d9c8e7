import { expect, test } from "vitest";
import type { Json, JsonObject } from "../../../src/frontends/tfjs/json.js";
import { lowerGraphModel } from "../../../src/frontends/tfjs-graph/lower.js";
import { assembleGraphModel, graphParts } from "../../../src/frontends/tfjs-graph/read.js";
import { interpret } from "../../../src/ir/interpret.js";
import { bytesOf, type Tensor, tensorFrom } from "../../../src/tensor/tensor.js";
import { tf } from "../tfjs/parity.js";

/** Control flow that is decided when the model is read, against TF.js, which decides it while it runs. */

interface Written {
  readonly nodes: readonly JsonObject[];
  readonly functions?: readonly JsonObject[];
  readonly constants: Readonly<Record<string, Tensor<"float32" | "int32" | "bool">>>;
  readonly outputs: readonly string[];
}

const node = (name: string, op: string, input: readonly string[] = [], attr: JsonObject = {}): JsonObject => ({
  ...{ name, op, input: [...input], attr },
});
const placeholder = node("x", "Placeholder", [], {
  dtype: { type: "DT_FLOAT" },
  shape: { shape: { dim: [{ size: "-1" }, { size: "2" }] } },
});
const scalar = (value: number) => tensorFrom("float32", [], [value]);
const count = (value: number) => tensorFrom("int32", [], [value]);
const truth = (value: boolean) => tensorFrom("bool", [], [Number(value)]);
const called = (name: string): JsonObject => ({ func: { name } });

/** A function of the library; arguments and results are float32 but for what `types` says. */
function library(name: string, args: readonly string[], nodeDef: readonly JsonObject[], ret: JsonObject): JsonObject {
  const argument = (arg: string) => ({ name: arg, type: "DT_FLOAT" });
  const signature = { name, inputArg: args.map(argument), outputArg: Object.keys(ret).map(argument) };
  return { signature, nodeDef: [...nodeDef], ret };
}

function written({ nodes, functions = [], constants, outputs }: Written) {
  const all = [...nodes, ...Object.keys(constants).map((name) => node(name, "Const"))];
  const modelTopology: JsonObject = { node: all, library: { function: [...functions] }, versions: { producer: 1 } };
  const signature = { outputs: Object.fromEntries(outputs.map((name, i) => [`out_${i}`, { name } as Json])) };
  return { modelTopology, signature };
}

function read(model: Written) {
  const parts = graphParts(written(model), "model.json");
  return assembleGraphModel("test", parts, { weights: new Map(Object.entries(model.constants)), texts: new Set() });
}

const rows = [1, -2, 0.5, 3];

/** Our outputs for `rows`, and the operators that computed them. */
function ours(model: Written) {
  const lowered = lowerGraphModel(read(model));
  const { graph } = lowered;
  const values = interpret(graph, { x: tensorFrom("float32", [2, 2], rows) });
  return {
    lowered,
    outputs: graph.outputs.map(({ name }) => Array.from(values.get(name)?.data as Float32Array)),
    ops: graph.nodes.map(({ opType }) => opType),
  };
}

async function theirs(model: Written): Promise<number[][]> {
  const weights = Object.entries(model.constants);
  const loaded = await tf.loadGraphModel(
    tf.io.fromMemory({
      ...written(model),
      format: "graph-model",
      weightSpecs: weights.map(([name, { dtype, shape }]) => ({ name, dtype, shape: [...shape] })),
      weightData: Uint8Array.from(weights.flatMap(([, value]) => [...bytesOf(value)])).buffer,
    }),
  );
  const results = await loaded.executeAsync({ x: tf.tensor(rows, [2, 2]) }, [...model.outputs]);
  return [results].flat().map((result) => Array.from(result.dataSync()));
}

const branches = (isTrue: boolean): Written => ({
  nodes: [
    placeholder,
    node("switch", "Switch", ["x", "training"]),
    node("off", "Mul", ["switch:0", "two"]),
    node("on", "Exp", ["switch:1"]),
    node("merge", "Merge", ["off", "on"]),
    node("y", "Neg", ["merge"]),
  ],
  constants: { training: truth(isTrue), two: scalar(2) },
  outputs: ["y"],
});

test.each([false, true])("Switch and Merge with a constant condition (%s) leave one branch", async (isTrue) => {
  const { outputs, ops } = ours(branches(isTrue));
  expect(ops).toEqual([isTrue ? "Exp" : "Mul", "Neg"]);
  expect(outputs).toEqual(await theirs(branches(isTrue)));
});

const ifElse = (op: string): Written => ({
  nodes: [
    placeholder,
    node("y", op, ["yes", "x", "two"], { then_branch: called("double"), else_branch: called("shrink") }),
  ],
  functions: [
    library("double", ["a", "b"], [node("z", "Mul", ["a", "b"])], { out: "z:z:0" }),
    library("shrink", ["a", "b"], [node("z", "RealDiv", ["a", "b"])], { out: "z:z:0" }),
  ],
  constants: { yes: truth(true), two: scalar(2) },
  outputs: ["y"],
});

test.each(["If", "StatelessIf"])("%s with a constant condition is the function of its branch", async (op) => {
  const { outputs, ops } = ours(ifElse(op));
  expect(ops).toEqual(["Mul"]);
  expect(outputs).toEqual(await theirs(ifElse(op)));
});

/** for (i = 0; i < 3; i++) x = x * 2 */
const whileLoop: Written = {
  nodes: [
    placeholder,
    node("loop", "StatelessWhile", ["zero", "x"], { cond: called("less"), body: called("double") }),
    node("y", "Identity", ["loop:1"]),
  ],
  functions: [
    library("less", ["i", "v"], [node("c", "Less", ["i", "three"]), node("three", "Const")], { out: "c:z:0" }),
    library(
      "double",
      ["i", "v"],
      [node("next", "AddV2", ["i", "one"]), node("w", "Mul", ["v", "two"]), node("one", "Const"), node("two", "Const")],
      { i_out: "next:z:0", v_out: "w:z:0" },
    ),
  ],
  constants: { zero: count(0), one: count(1), three: count(3), two: scalar(2) },
  outputs: ["y"],
};

test("a While whose counter is known is unrolled", async () => {
  const { outputs, ops } = ours(whileLoop);
  expect(ops).toEqual(["Mul", "Mul", "Mul"]);
  expect(outputs).toEqual(await theirs(whileLoop));
});

/** The same as TensorFlow 1 writes it, and as the converter lowers a While. */
const frame = (limit: number): Written => {
  const enter = { frame_name: { s: Buffer.from("loop").toString("base64") } };
  return {
    nodes: [
      placeholder,
      node("i_in", "Enter", ["zero"], enter),
      node("v_in", "Enter", ["x"], enter),
      node("two_in", "Enter", ["two"], { ...enter, is_constant: { b: true } }),
      node("i", "Merge", ["i_in", "i_next"]),
      node("v", "Merge", ["v_in", "v_next"]),
      node("less", "Less", ["i", "limit"]),
      node("cond", "LoopCond", ["less"]),
      node("i_switch", "Switch", ["i", "cond"]),
      node("v_switch", "Switch", ["v", "cond"]),
      node("i_add", "AddV2", ["i_switch:1", "one"]),
      node("i_next", "NextIteration", ["i_add"]),
      node("v_mul", "Mul", ["v_switch:1", "two_in"]),
      node("v_next", "NextIteration", ["v_mul"]),
      node("out", "Exit", ["v_switch"]),
      node("y", "Neg", ["out"]),
    ],
    constants: { zero: count(0), one: count(1), limit: count(limit), two: scalar(2) },
    outputs: ["y"],
  };
};

test.each([0, 1, 4])("a loop of Enter and Exit with %i rounds is unrolled", async (limit) => {
  const { outputs, ops } = ours(frame(limit));
  expect(ops).toEqual([...new Array<string>(limit).fill("Mul"), "Neg"]);
  const expected = await theirs(frame(limit));
  expect(outputs).toEqual(expected);
});

test("a loop that never ends is left to TF.js, and what is in front of it stays", () => {
  const endless = frame(2000);
  const before = [...endless.nodes, node("scaled", "Mul", ["x", "two"])];
  const { lowered } = ours({ ...endless, nodes: before, outputs: ["y", "scaled"] });
  expect(lowered.outputs.map(({ name }) => name)).toEqual(["out_1"]);
  expect(lowered.cuts).toEqual([{ node: "out", op: "Exit", reason: "a loop has more than 1000 rounds" }]);
});

const detector: Written = {
  nodes: [
    placeholder,
    node("scores", "Sigmoid", ["x"]),
    node("doubled", "Mul", ["scores", "two"]),
    node("found", "Where", ["hot"]),
    node("hot", "Greater", ["doubled", "two"]),
    node("taken", "GatherNd", ["doubled", "found"]),
  ],
  constants: { two: scalar(2) },
  outputs: ["taken", "scores"],
};

test("in front of sizes that depend on values the graph is cut: first the outputs that are left, then what the tail reads", () => {
  const { lowered, outputs } = ours(detector);
  expect(lowered.cuts).toEqual([{ node: "found", op: "Where", reason: "how many there are depends on values" }]);
  expect(lowered.outputs.map(({ name, isOwn }) => [name, isOwn])).toEqual([
    ["out_1", true],
    ["hot", false],
    ["doubled", false],
  ]);
  expect(outputs[0]?.map((value) => value.toFixed(3))).toEqual(["0.731", "0.119", "0.622", "0.953"]);
});

test("the tail in TF.js, fed with what is in front of it, gives what the whole model gives", async () => {
  const { lowered, outputs } = ours({ ...detector, outputs: ["taken"] });
  const whole = await theirs({ ...detector, outputs: ["taken"] });
  const weights = Object.entries(detector.constants);
  const loaded = await tf.loadGraphModel(
    tf.io.fromMemory({
      ...written(detector),
      format: "graph-model",
      weightSpecs: weights.map(([name, { dtype, shape }]) => ({ name, dtype, shape: [...shape] })),
      weightData: Uint8Array.from(weights.flatMap(([, value]) => [...bytesOf(value)])).buffer,
    }),
  );
  const feeds = Object.fromEntries(
    lowered.outputs.map(({ ref }, i) => {
      const value = tf.tensor(outputs[i] ?? [], [2, 2]);
      return [ref.node, ref.node === "hot" ? value.cast("bool") : value];
    }),
  );
  const taken = (await loaded.executeAsync(feeds, ["taken"])) as { dataSync(): Float32Array };
  expect(Array.from(taken.dataSync()).map((value) => value.toFixed(5))).toEqual(
    (whole[0] ?? []).map((value) => value.toFixed(5)),
  );
});

test("a condition that depends on the input leaves its branches to TF.js", () => {
  const model: Written = {
    nodes: [
      placeholder,
      node("sum", "Sum", ["scaled", "axes"]),
      node("scaled", "Mul", ["x", "two"]),
      node("big", "Greater", ["sum", "two"]),
      node("switch", "Switch", ["scaled", "big"]),
      node("off", "Neg", ["switch:0"]),
      node("on", "Exp", ["switch:1"]),
      node("merge", "Merge", ["off", "on"]),
    ],
    constants: { two: scalar(2), axes: tensorFrom("int32", [2], [0, 1]) },
    outputs: ["merge"],
  };
  const { lowered } = ours(model);
  expect(lowered.cuts.map(({ node: name }) => name)).toEqual(["switch"]);
  expect(lowered.outputs.map(({ name }) => name).sort()).toEqual(["big", "scaled"]);
});
