import fc from "fast-check";
import { expect, test } from "vitest";
import { completeProgram } from "../../../src/language/services/complete.js";
import { weightFormats } from "../../../src/quantize/vocabulary.js";
import { fakeHost } from "../host.js";

const files: Readonly<Record<string, readonly string[]>> = {
  "/project/.": ["notes.txt", "data/", ".git/", "model.json", "sweep.nib"],
  "/project/data/": ["digits.csv", "digits.names"],
};
const host = fakeHost({ listFolder: async (path) => files[path] ?? [], values: new Map([["net", {}]]) });
const earlier = [{ path: "<cell 2>", text: "scheme w4 = weight_only { weights: int4 }\nparam n = 64" }];

/** What is proposed at `‸`, the text that it replaces in front. */
async function proposals(marked: string): Promise<string> {
  const offset = marked.indexOf("‸");
  const source = { path: "<cell 3>", text: marked.replace("‸", "") };
  const { start, end, items } = await completeProgram(source, offset, host, earlier);
  return `${source.text.slice(start, end)} -> ${items.map(({ text }) => text).join(" ")}`;
}

const program = (clause: string) =>
  `model cnn = tfjs("m.json")\ndata d = csv("d.csv") { label: digit }\nexperiment e {\n  model cnn\n  data d\n  try static | w4\n  ${clause}\n  measure size\n}`;

test.each([
  ["‸", " -> model data experiment scheme param diagnose export import"],
  ["mo‸", "mo -> model"],
  ['model m = tfjs("a.json")\n‸', " -> model data experiment scheme param diagnose export import"],
  ["model m = ‸", " -> tfjs onnx safetensors synthetic $net"],
  ["model m = tfjs($‸", "$ -> $net"],
  ['model m = onnx("m.onnx") { ‸ }', " -> input_shape layout"],
  ['model m = onnx("m.onnx") { layout: ‸ }', " -> channels_last as_given n $net"],
  ["data d = ‸", " -> csv idx npy images jsonl text strokes declarations random"],
  ["scheme s = w‸", "w -> w4 weight_only"],
  [
    "scheme s = static { ‸",
    " -> weights group activations activation_group calibration samples method reduce_range precise",
  ],
  ["scheme s = static { weights: int8, cal‸ }", "cal -> calibration"],
  ["scheme s = static { weights: int8 ‸", " -> per_channel per_tensor symmetric asymmetric"],
  ["scheme s = static { calibration: minmax | ‸ }", " -> minmax percentile(99.9) entropy mse n $net"],
  ["scheme s = w4 { gr‸ }", "gr -> group"],
  ["scheme s = w4 { group: ‸ }", " -> n $net"],
  ['data d = csv("d.csv") { label: ‸ }', " -> pixel_0 pixel_1 digit n $net"],
  ['data d = csv("d.csv") { label: "di‸', "di -> digit"],
  ['data d = csv("d.csv") { columns: [pixel_0, p‸] }', "p -> pixel_1"],
  ['data d = csv("d.csv") { split: train 80% t‸ }', "t -> test"],
  ['data d = csv("d.csv") { split: train 80‸ }', "80 -> 80%"],
  ['data d = csv("d.csv") { header: t‸ }', "t -> true"],
  ['data d = csv("‸', " -> data/ model.json notes.txt sweep.nib"],
  ['data d = csv("data/di‸ers.csv")', "diers.csv -> digits.csv digits.names"],
  ['model m = tfjs("‸")', " -> model.json data/ notes.txt sweep.nib"],
  ['model m = tfjs("../‸")', " -> "],
  ['import "‸"', " -> sweep.nib data/ model.json notes.txt"],
  [`${program("")}\ndiagnose ‸`, " -> e"],
  [`${program("")}\ndiagnose e.‸`, " -> static w4"],
  [`${program("")}\ndiagnose e.static‸`, "static -> static"],
  [`${program("")}\ndiagnose x.‸`, " -> "],
  [`${program("")}\nexport ‸`, " -> e"],
  [`${program("")}\nexport e.‸`, " -> best trial static w4 fp32"],
  [`${program("")}\nexport e.best(accuracy_d‸`, "accuracy_d -> accuracy_drop"],
  [`${program("")}\nexport e.static ‸`, " -> to"],
  [`${program("")}\nexport e.best(size) ‸`, " -> to"],
  [`${program("")}\nexport e.static to "out" { ‸`, " -> forms licence source"],
  [`${program("")}\nexport e.static to "out" { forms: onnx_‸`, "onnx_ -> onnx_with_past onnx_qdq onnx_fp16"],
  [program("‸"), " -> model data baseline try keep where measure expect show"],
  [program("try ‸"), " -> w4 fp32 dynamic static weight_only given stored"],
  [program("try static ‸"), " -> "],
  [program("keep ‸"), " -> layers"],
  [program('keep layers "‸"'), " -> conv_1 dense_1 dense_2 flatten_1"],
  [program("keep layers de‸"), 'de -> "dense_1" "dense_2"'],
  [program('keep layers "dense_1" ‸'), " -> at"],
  [program('keep layers "dense_1" at ‸'), ` -> fp32 ${weightFormats.map(({ name }) => name).join(" ")}`],
  [program("measure accuracy, ‸"), " -> accuracy latency size memory cost energy"],
  [program("measure latency { ‸ }"), " -> batch threads phase context"],
  [program("measure accuracy { ‸ }"), " -> stop_at_drop"],
  [program("try static\n expect static.same‸"), "same -> same_top"],
  [program("try static\n expect static.macro‸"), "macro -> macro_f1"],
  [program("show pareto(kl, perp‸)"), "perp -> perplexity perplexity_increase"],
  [program("measure cost { ‸ }"), " -> price"],
  [program("measure cost { price: 0.34 ‸ }"), " -> per_hour per_minute per_second per_month"],
  [program("measure cost { price: 0.34 per_h‸ }"), "per_h -> per_hour"],
  [program("expect ‸"), " -> static w4"],
  [program("expect static.sp‸"), "sp -> speedup"],
  [program("expect static.speedup >= 2‸"), "2 -> 2x"],
  [program("expect static.latency < 10m‸"), "10m -> 10ms 10min"],
  [
    program("show ‸"),
    " -> table pareto(speedup, accuracy) layers(sqnr) split sensitivity histograms calibration confusion gap latency roofline nodes",
  ],
  [program("show layers(‸)"), " -> sqnr"],
  [program("show pareto(speedup, acc‸)"), "acc -> accuracy accuracy_drop"],
  [program("where not (meth‸"), "meth -> method"],
  [program("where scheme = ‸"), " -> static w4"],
  [program("where weights = int8 ‸"), " -> and or"],
  ["// mo‸", " -> "],
  ["/* mo‸", " -> "],
  ["experiment e {\n  model ‸", " -> tfjs onnx safetensors synthetic $net"],
])("%s", async (marked, expected) => {
  expect(await proposals(marked)).toBe(expected);
});

test("each proposal says in one line what it is", async () => {
  const { items } = await completeProgram(
    { path: "a.nib", text: program("keep layers de") },
    program("keep layers de").indexOf("de\n") + 2,
    host,
  );
  expect(items).toEqual([
    { text: '"dense_1"', kind: "layer", summary: "Dense, 65,600 parameters" },
    { text: '"dense_2"', kind: "layer", summary: "Dense, 650 parameters" },
  ]);
});

test("anywhere in any text there is an answer that lies around the cursor", async () => {
  const pieces = fc.constantFrom(
    ...[
      "model",
      "data",
      "experiment",
      "try",
      "keep",
      "layers",
      "static",
      "{",
      "}",
      "(",
      ")",
      "[",
      "]",
      '"',
      "=",
      ":",
      "|",
      ",",
      "\n",
      "/*",
      "//",
      "$net",
      "2x",
      "/a/",
      "é",
      "𝒳",
      " ",
    ],
  );
  await fc.assert(
    fc.asyncProperty(fc.array(pieces, { maxLength: 20 }), fc.nat(), async (parts, seed) => {
      const text = parts.join(" ");
      const offset = seed % (text.length + 1);
      const { start, end } = await completeProgram({ path: "a.nib", text }, offset, host, earlier);
      expect(start).toBeLessThanOrEqual(offset);
      expect(end).toBeGreaterThanOrEqual(offset);
      expect(end).toBeLessThanOrEqual(text.length);
    }),
  );
});
