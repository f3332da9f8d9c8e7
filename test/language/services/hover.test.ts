import { expect, test } from "vitest";
import { hoverProgram } from "../../../src/language/services/hover.js";
import { vocabulary } from "../../../src/language/vocabulary.js";
import { fakeHost } from "../host.js";

const text = `model cnn = tfjs($net)
data d = csv("d.csv") { label: digit, split: train 80% test 20% }
param n = 64 | 256
scheme mine = static { samples: n }
experiment e {
  model cnn
  data d
  try mine { calibration: percentile(99.9), weights: int8 per_channel }
  keep layers "dense_1" at fp32
  where not (calibration = minmax)
  measure latency { batch: 1 }
  expect mine.accuracy_drop < 1%
  show pareto(speedup, accuracy)
}
diagnose e.mine
export e.best(size) to "out" { forms: onnx }`;

/** What is shown of the first `word` at or behind `lead`. */
async function hover(lead: string, word: string): Promise<string | undefined> {
  const host = fakeHost({
    parameters: new Map([["n", 32]]),
    saveValue: async () => ({ path: "/m" }),
    values: new Map([["net", {}]]),
  });
  const offset = text.indexOf(word, text.indexOf(lead));
  return (await hoverProgram({ path: "a.nib", text }, offset, host))?.text;
}

test("every word says what it is, names of the program what they stand for", async () => {
  const words: readonly (readonly [lead: string, word: string])[] = [
    ["model cnn =", "model"],
    ["model cnn =", "cnn"],
    ["= tfjs", "tfjs"],
    ["($net", "$net"],
    ["data d =", "d ="],
    ["label:", "label"],
    ["split:", "split"],
    ["train 80%", "train"],
    ["param n", "n ="],
    ["scheme mine", "mine"],
    ["samples: n", "n }"],
    ["experiment e", "experiment"],
    ["  try", "try"],
    ["  try", "mine"],
    ["calibration: p", "calibration"],
    ["calibration: p", "percentile"],
    ["weights:", "weights"],
    ["weights:", "per_channel"],
    ["keep", "layers"],
    ["at fp32", "at"],
    ["at fp32", "fp32"],
    ["where", "not"],
    ["(calibration =", "calibration"],
    ["= minmax", "minmax"],
    ["measure", "latency"],
    ["batch", "batch"],
    ["accuracy_drop", "accuracy_drop"],
    ["diagnose e", "diagnose"],
    ["diagnose e", "e.mine"],
    ["diagnose e", "mine"],
    ["export e", "export"],
    ["export e", "e.best"],
    ["export e", "best"],
    ["export e", "size"],
    ["export e", "forms"],
    ["export e", "onnx"],
    ["pareto", "pareto"],
    ["speedup,", "speedup"],
  ];
  const shown: Record<string, string | undefined> = {};
  for (const [lead, word] of words) shown[`${lead} ... ${word}`] = await hover(lead, word);
  expect(shown).toMatchInlineSnapshot(`
    {
      "  try ... mine": "scheme mine
    int8 weights and activations with ranges from calibration; the fastest for convolutions
    static { samples: n }",
      "  try ... try": "try
    a way to quantize; several with | or a line each
    try static { calibration: minmax | mse }",
      "($net ... $net": "$net
    a variable of the notebook, or a value given with -p",
      "(calibration = ... calibration": "option calibration
    how the range of an activation is chosen from what calibration saw
    one of minmax, percentile(99.9), entropy, mse",
      "= minmax ... minmax": "minmax
    smallest and largest value seen",
      "= tfjs ... tfjs": "model format tfjs
    a TF.js layers-model: model.json with its weight files, or a tf.LayersModel in a $variable
    - input_shape: sizes of one sample without batch, for a model that leaves them open",
      "accuracy_drop ... accuracy_drop": "metric accuracy_drop
    fp32 minus this, positive when worse (written with %)",
      "at fp32 ... at": "at
    the precision follows
    keep layers "dense_2" at fp32",
      "at fp32 ... fp32": "precision fp32
    leave the layer in float",
      "batch ... batch": "option batch
    samples in one inference; several with | (default 1)
    a whole number from 1 to 4,096",
      "calibration: p ... calibration": "option calibration
    how the range of an activation is chosen from what calibration saw
    one of minmax, percentile(99.9), entropy, mse",
      "calibration: p ... percentile": "percentile
    range that keeps this percent of the values
    percent from 50 to 100; percentile(99.9) unless said",
      "data d = ... d =": "data d
    1,797 samples of [8, 8, 1]; 3 columns
    columns: pixel_0, pixel_1, digit",
      "diagnose e ... diagnose": "diagnose
    finds out why accuracy moved: weights or activations, which layer, how much calibration
    diagnose sweep.static",
      "diagnose e ... e.mine": "experiment e
    tries mine",
      "diagnose e ... mine": "scheme mine
    int8 weights and activations with ranges from calibration; the fastest for convolutions
    static { samples: n }",
      "experiment e ... experiment": "experiment
    quantizes a model in every way that it lists, and measures
    experiment sweep { ... }",
      "export e ... best": "best
    the best quantized trial by a metric, of those that meet the expectations
    best(speedup)",
      "export e ... e.best": "experiment e
    tries mine",
      "export e ... export": "export
    writes a trial for where it will run: ONNX, TF.js's files, a manifest with its figures, a model card
    export sweep.best(speedup) to "out/"",
      "export e ... forms": "option forms
    what is written, several with |; what the trial has of onnx and tfjs unless said
    one of onnx, onnx_with_past, onnx_qdq, onnx_fp16, tfjs, tfjs_float16, tfjs_uint16, tfjs_uint8",
      "export e ... onnx": "onnx
    the ONNX file that was evaluated and timed, byte for byte; of a simulated trial its float32 form",
      "export e ... size": "metric size
    bytes of the model file (written with MB, B, kB, KB, GB, KiB, MiB, GiB)",
      "keep ... layers": "layers
    names or patterns of layers follow
    keep layers "conv*", /^dense/ at fp32",
      "label: ... label": "option label
    column that holds the expected answer; every other column is a feature unless columns says otherwise
    name of a column",
      "measure ... latency": "measure latency
    milliseconds of one inference, interleaved with fp32 on the same engine
    - batch: samples in one inference; several with | (default 1)
    - threads: threads of the engine; several with | (default 1)
    - phase: how a language model is run; both with | (default both)
    - context: tokens of the prompt, or in the cache when decoding; several with | (default: as many as the data's samples have)",
      "model cnn = ... cnn": "model cnn
    4 layers, 66,570 parameters; input [8, 8, 1]
    - conv_1: Conv2D, 320 parameters
    - flatten_1: Flatten, nothing to quantize
    - dense_1: Dense, 65,600 parameters
    - dense_2: Dense, 650 parameters",
      "model cnn = ... model": "model
    names a model
    model cnn = tfjs("model.json")",
      "param n ... n =": "param n
    32; the program says 64 | 256",
      "pareto ... pareto": "view pareto
    two metrics against each other, and the trials that no other beats in both",
      "samples: n ... n }": "param n
    32; the program says 64 | 256",
      "scheme mine ... mine": "scheme mine
    int8 weights and activations with ranges from calibration; the fastest for convolutions
    static { samples: n }",
      "speedup, ... speedup": "metric speedup
    best fp32 time / time, on the same engine (written with x)",
      "split: ... split": "option split
    shares of training and test samples, and the seed that decides them; default train 80% test 20% seed 1
    shares and a seed: train 80% test 20% seed 7",
      "train 80% ... train": "train
    share of the samples that calibration may see
    split: train 80% test 20% seed 7",
      "weights: ... per_channel": "per_channel
    one scale for each output channel",
      "weights: ... weights": "option weights
    format of the weights, what shares a scale, and whether 0 is in the middle: int8 per_channel
    one of int8, int4, int2, fp16, int3, int5, int6, int7, int9, int10, int11, int12, int13, int14, int15, int16, uint2, uint3, uint4, uint5, uint6, uint7, uint8, uint9, uint10, uint11, uint12, uint13, uint14, uint15, uint16, bf16, fp8_e4m3, fp8_e5m2, fp8_e4m3fnuz, fp8_e5m2fnuz, fp6_e2m3, fp6_e3m2, fp4, mxfp8_e4m3, mxfp8_e5m2, mxfp6_e2m3, mxfp6_e3m2, mxfp4, mxint8, nvfp4, nf4, q4_0, q8_0, q4_k; and one of per_channel, per_tensor; and one of symmetric, asymmetric",
      "where ... not": "not
    turns a condition round
    where not (group = 32)",
    }
  `);
});

test("nothing is said of blanks, marks and unknown names", async () => {
  const ask = async (program: string, offset: number) =>
    hoverProgram({ path: "a.nib", text: program }, offset, fakeHost());
  expect(await ask("", 0)).toBeUndefined();
  expect(await ask("model m = { ", 11)).toBeUndefined();
  expect(await ask("nothing here", 3)).toBeUndefined();
});

test("every scheme and reader is described from its registry", async () => {
  for (const { name, summary } of vocabulary.schemes) {
    const found = await hoverProgram({ path: "a.nib", text: `scheme s = ${name}` }, 11, fakeHost());
    expect(found?.text).toContain(summary);
  }
  for (const { name, options } of vocabulary.readers) {
    const found = await hoverProgram({ path: "a.nib", text: `data d = ${name}` }, 9, fakeHost());
    for (const option of options) expect(found?.markdown).toContain(option.summary);
  }
});

test("options of accuracy and its further metrics say what they are", async () => {
  const text = `experiment e {
  try static
  measure accuracy { stop_at_drop: 20% }
  expect static.macro_f1 > 90%, static.kl < 0.01
}`;
  const at = async (word: string) =>
    (await hoverProgram({ path: "a.nib", text }, text.indexOf(word), fakeHost()))?.text;
  expect([await at("stop_at_drop"), await at("macro_f1"), await at("kl")]).toMatchInlineSnapshot(`
    [
      "option stop_at_drop
    end a trial early, once its accuracy drop is surely above this (20%)
    a number from 0 to 1",
      "metric macro_f1
    F1 of each class, averaged over the classes of the test split (written with %)",
      "metric kl
    mean Kullback-Leibler divergence from fp32's outputs, nats (a plain number)",
    ]
  `);
});

test("an ONNX model's words and the scheme that runs it as it came", async () => {
  const source =
    'model net = onnx("m.onnx") { layout: as_given }\ndata d = csv("d.csv")\nexperiment e {\n  model net\n  data d\n  try given\n}';
  const at = async (word: string) =>
    (await hoverProgram({ path: "a.nib", text: source }, source.indexOf(word), fakeHost()))?.text;
  expect([await at("onnx"), await at("layout"), await at("as_given"), await at("given\n")]).toMatchInlineSnapshot(`
    [
      "model format onnx
    an ONNX file of opset 7 to 26, with its external data beside it; try given runs a quantized one as it came
    - input_shape: sizes of one sample without batch, as samples come, for a model that leaves them open
    - layout: where the channels of a sample are, where its shape does not tell",
      "option layout
    where the channels of a sample are, where its shape does not tell
    one of channels_last, as_given",
      "as_given
    samples come as the model takes them",
      "scheme given
    the model as it came, quantized by another tool: its own file's integers against the float model they stand for",
    ]
  `);
});
