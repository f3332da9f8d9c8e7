import { expect, test } from "vitest";
import { renderDiagnostic } from "../../src/base/diagnostic.js";
import { languageWording } from "../../src/base/diagnostics/language.js";
import type { LabelSummary } from "../../src/datasets/dataset.js";
import { checkProgram } from "../../src/language/check.js";
import type { ProgramHost } from "../../src/language/host.js";
import { cpuProfile } from "../../src/quantize/profile.js";
import { cnn, digits, fakeHost } from "../language/host.js";
import { wideVocabulary } from "../language/vocabulary.js";

const definitions = `model cnn = tfjs("m.json")
data digits = csv("d.csv") { label: digit, split: train 80% test 20% seed 7 }
`;
const experiment = (clauses: string) => `${definitions}experiment a {\n  model cnn\n  data digits\n  ${clauses}\n}\n`;

const madeUp = { name: "random tokens", reader: "random", settings: {} };

type Changes = Partial<ProgramHost> & { readonly files?: Readonly<Record<string, string>> };

const labelled = (labels: LabelSummary): Changes => ({ describeData: async () => ({ ...digits, labels }) });

/** Programs with the mistakes that people make. Their messages are in `language.txt`; the poor ones in `poor.md`. */
const programs: readonly (readonly [title: string, text: string, changes?: Changes])[] = [
  ["misspelt words that begin lines", `modle a = tfjs("m.json")\n${experiment("tri static")}`],
  ["a clause on its own", "measure accuracy"],
  ["two statements on one line", 'model a = tfjs("m.json") model b = tfjs("m.json")'],
  ["other languages' habits", "param a = 'x';\n# remark\nparam b = “y”\nparam c = 3 && 4\nparam d == 3"],
  [
    "left open",
    'param a = "x\nparam b = [1, 2\nexperiment e {\n  try static { samples: 3\n  measure size\n}\n/* remark',
  ],
  [
    "left out",
    `param a =\ndata d csv("d.csv")\n${experiment('try static { samples 3 }\n  keep layers "x" fp32\n  where samples')}`,
  ],
  ["numbers and strings", 'param a = 1/0\nparam b = 1e999\nparam c = "a\\qb"\nparam d = 9..1\nparam e = 1..20000'],
  ["nested too deep", `param a = ${"[".repeat(65)}`],
  ["too long", "\n".repeat(1_000_001)],
  ["not yet", 'search s { minimize latency }\nexport a.best to "out/"'],
  [
    "metrics that the labels cannot give",
    experiment("try static\n  expect static.rmse < 1\n  show pareto(size, r2)"),
    labelled({ kind: "class", classes: 10 }),
  ],
  [
    "phases of a model that has none",
    experiment("try static\n  measure latency { phase: decode, context: 8 }\n  expect static.decode_speedup > 2x"),
  ],
  [
    "phases of a language model",
    experiment(
      "try dynamic\n  measure latency { phase: prefill | decode, context: 8 | 64, batch: 1 | 4 }\n  expect dynamic.prefill_speedup > 2x",
    ),
    { describeModel: async () => ({ ...cnn, decoder: { context: 64, promptLength: 8 } }) },
  ],
  [
    "a phase that is not timed",
    experiment("try dynamic\n  measure latency { phase: prefill }\n  expect dynamic.decode_speedup > 2x"),
    { describeModel: async () => ({ ...cnn, decoder: {} }) },
  ],
  [
    "accuracy and data of a synthetic model",
    experiment("try dynamic\n  measure accuracy, latency\n  expect dynamic.accuracy_drop < 1%"),
    { describeModel: async () => ({ ...cnn, decoder: {}, synthetic: { data: madeUp } }) },
  ],
  [
    "a synthetic model that is wrong may have brought its data",
    "model a = synthetic { layers: 0 }\nexperiment e {\n  model a\n  try dynamic\n  measure latency\n}",
  ],
  ["a synthetic model with a path", 'model a = synthetic("m.json") { layers: 0 }\nmodel b = synthetic { layer: 2 }'],
  ["classes too few", experiment("try static\n  expect static.top5 > 99%"), labelled({ kind: "class", classes: 3 })],
  ["no labels", experiment("try static\n  expect static.macro_f1 > 90%"), labelled({ kind: "none" })],
  [
    "misspelt names",
    `${experiment("try statc\n  measure acuracy\n  expect dynamc.speedup > 2x\n  show tabel")}data e = cvs("x")`,
  ],
  ["unknown model and data", "experiment a {\n  model cnn\n  data digits\n  try static\n}"],
  ["misspelt options", experiment("try static { calibraton: mse, samples: 3, samples: 4 }")],
  ["an option that has to be there", "data d = random { count: 3 }"],
  ["names twice", "param a = 1\nparam a = 2\nscheme static = dynamic"],
  [
    "experiments that differ in capitals",
    `${experiment("try static")}${experiment("try dynamic").replace(definitions, "").replace("experiment a", "experiment A")}`,
  ],
  ["definitions in circles", "param a = b\nparam b = a\nscheme x = y\nscheme y = x"],
  [
    "imports",
    'import "a.nib"\nimport "absent.nib"\nimport "../up.nib"',
    { files: { "/project/a.nib": 'import "p.nib"' } },
  ],
  [
    "too many imports",
    'import "0.nib"',
    {
      files: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`/project/${i}.nib`, `import "${i + 1}.nib"`])),
    },
  ],
  [
    "paths",
    'model a = tfjs("../m.json")\nmodel b = tfjs("https://x/m.json")\nmodel c = tfjs\ndata d = random(3) { shape: [1], count: 3 }',
  ],
  [
    "values of the host",
    "model a = tfjs($net)\nparam b = $modle\nparam c = $f",
    {
      values: new Map<string, unknown>([
        ["model", 1],
        ["net", {}],
        ["f", () => 1],
      ]),
    },
  ],
  [
    "parameters from outside",
    "param a = 1\nparam b = mse",
    {
      parameters: new Map([
        ["a", "fast"],
        ["b", "1 |"],
        ["c", "3"],
      ]),
    },
  ],
  ["values of the wrong kind", experiment('try static { samples: "3", calibration: 3 mse, weights: 8 }')],
  ["values out of range", experiment("try static { samples: 0, calibration: percentile(30) }")],
  ["shares out of range", experiment("try static\n  measure accuracy { stop_at_drop: 200% }")],
  [
    "units",
    experiment(
      "try static { samples: 10ms }\n  expect static.latency < 10, static.latency < 10 ms, static.size < 3foo, static.accuracy_drop < 1",
    ),
  ],
  [
    "choices",
    experiment(
      "try static { calibration: entropi | minmax(1) | percentile(1, 2), weights: int8 int4 }\n  try dynamic { weights: per_tensor }",
    ),
  ],
  [
    "splits",
    'data d = csv("d.csv") { split: train 80% test 30% }\ndata e = csv("d.csv") { split: train 80 }\ndata f = csv("d.csv") { split: 80% }\ndata g = csv("d.csv") { split: train 100% }',
  ],
  ["columns", 'data d = csv("d.csv") { label: digits | digit }\ndata e = csv("d.csv") { label: digits }'],
  ["clauses left out", "experiment a {\n}"],
  ["nothing to try", `${definitions}experiment a {\n  model cnn\n  data digits\n}`],
  [
    "clauses twice, two models, another baseline",
    experiment("model cnn | cnn\n  data digits | digits\n  baseline static\n  try static").replace("  model cnn\n", ""),
  ],
  [
    "keep",
    experiment('try static\n  keep layers "dense_9", "flatten_1", /(/ at fp32\n  keep layer "dense_1" at int99'),
  ],
  [
    "where",
    experiment(
      "try static { samples: 3 | 4, calibration: mse }\n  where sampels > 3\n  where static.group > 3\n  where calibration > mse\n  where samples < 9",
    ),
  ],
  ["where excludes all", experiment("try static { samples: 3 | 4 }\n  where samples > 4")],
  [
    "expectations and views",
    experiment(
      "try static\n  measure accuracy\n  expect speedup > 2x, static.speedup > 2x\n  show pareto(speedup), layers(size)",
    ),
  ],
  [
    "diagnoses",
    `${experiment("try static, dynamic")}diagnose b\ndiagnose a.statc\ndiagnose a.zzz\ndiagnose a.fp32\ndiagnose a.best(latency)\ndiagnose a\ndiagnose a`,
  ],
  [
    "exports",
    `${experiment("try static, dynamic")}export b.static to "out"\nexport a.statc to "out"\nexport a to "out"\nexport a.best(speed) to "out"\nexport a.best to "out"\nexport a.trial(static) to "out"\nexport a.static to "../out"\nexport a.fp32 to "out" { forms: onxx, licens: "MIT" }\nexport a.static to "twice"\nexport a.dynamic to "twice"`,
  ],
  [
    "exports of trials that the plan has not",
    `${experiment("try static { calibration: minmax | entropy, samples: 8 | 16 }\n  where not (calibration = entropy)")}export a.trial("static 6") to "1"\nexport a.trial("n=16") to "2"\nexport a.static to "3"\nexport a.trial("static") to "4"\nexport a.trial("static entropy n=8") to "5"`,
  ],
  [
    "views of what is not measured",
    experiment(
      "try dynamic\n  measure accuracy\n  show split, histograms, roofline, nodes(speedup), sensitivity, heatmap",
    ),
  ],
  [
    "too many cells",
    experiment("try static { samples: 1..200, calibration: percentile(50..99) | mse, weights: int8 | int4 }"),
  ],
  ["no kernel anywhere", experiment("try static { weights: int3 }\n  try weight_only { weights: int4 | int3 | nf4 }")],
  [
    "speed of what has no kernel",
    experiment(
      "try weight_only { weights: int4 | int3 }\n  try dynamic { activations: int6 }\n  expect weight_only.speedup > 1x, dynamic.latency < 1ms",
    ),
  ],
  [
    "formats that contradict each other",
    experiment(`try weight_only { weights: mxfp4 per_channel }
  try weight_only { weights: nf4, group: 32 }
  try weight_only { weights: fp16, group: 32 }
  try static { weights: fp8_e4m3 asymmetric }
  try static { weights: int4, reduce_range: true }
  try static { activations: mxfp8_e4m3, activation_group: 32 }
  try dynamic { activations: int8, activation_group: 33 }`),
  ],
  [
    "formats that are misspelt",
    experiment(
      "try static { weights: fp8_e4m3fn, activations: mxfp8 }\n  try weight_only { weights: fp4_e2m1 | e8m0 }",
    ),
  ],
  ["methods that are not there", experiment("try weight_only { method: gptq }\n  try static { method: rtn | hqq }")],
  [
    "no kernel here",
    experiment("try weight_only { weights: int8 }"),
    { cpu: { ...cpuProfile("x64", []), combinations: [] } },
  ],
  ["shapes", experiment("try static"), { describeData: async () => ({ ...digits, inputShapes: [[64]] }) }],
  ["inputs", experiment("try static"), { describeData: async () => ({ ...digits, inputShapes: [[8, 8, 1], [3]] }) }],
  [
    "an open shape",
    experiment("try static"),
    {
      describeModel: async () => ({ ...cnn, inputs: [{ name: "in", shape: [null, null, 3] }] }),
      describeData: async () => ({ hash: "" }),
    },
  ],
  ["nothing to calibrate with", experiment("try static"), { describeData: async () => ({ ...digits, trainSize: 0 }) }],
  ["little to calibrate with", experiment("try static { samples: 2000 }")],
];

async function rendered() {
  const codes = new Set<string>();
  const pages: string[] = [];
  for (const [title, text, changes] of programs) {
    const { diagnostics, sources } = await checkProgram({ path: "p.nib", text }, fakeHost(changes), wideVocabulary);
    for (const { code } of diagnostics) codes.add(code);
    pages.push(`## ${title}\n\n${diagnostics.map((each) => renderDiagnostic(each, sources)).join("\n")}\n`);
  }
  return { codes, text: pages.join("\n") };
}

test("messages read as they should", async () => {
  await expect((await rendered()).text).toMatchFileSnapshot("language.txt");
});

test("every code of the language has a message on that page", async () => {
  const { codes } = await rendered();
  const missing = Object.keys(languageWording).filter((code) => !codes.has(code));
  expect(missing).toEqual([]);
});

test("no message says you, and every hint is one line", async () => {
  const { text } = await rendered();
  // "did you mean" is the one phrase of this kind.
  expect(text.replaceAll("did you mean", "")).not.toMatch(/\byou\b/i);
});
