import { describe, expect, test } from "vitest";
import { fail } from "../../src/base/diagnostic.js";
import type { LabelSummary } from "../../src/datasets/dataset.js";
import { checkProgram } from "../../src/language/check.js";
import type { ProgramHost } from "../../src/language/host.js";
import { cnn, digits, fakeHost } from "./host.js";
import { marked, places } from "./marked.js";
import { wideVocabulary } from "./vocabulary.js";

const definitions = `model cnn = tfjs("m.json")
data digits = csv("d.csv") { label: digit, split: train 80% test 20% seed 7 }
`;

/** An experiment with a model and data, whose other clauses are `clauses`. */
const experiment = (clauses: string) => `${definitions}experiment a {\n  model cnn\n  data digits\n  ${clauses}\n}\n`;

/** Each program has its mistakes marked, in order; the codes stand beside it. */
type Case = readonly [text: string, ...codes: string[]];

const values: readonly Case[] = [
  [experiment("try static { «calibraton»: minmax }"), "unknown-option"],
  [experiment("try static { calibration: «entropi» }"), "unknown-choice"],
  [experiment("try static { calibration: minmax | «mean» | mse }"), "unknown-choice"],
  [experiment("try static { calibration: percentile(«30») | «minmax(1)» }"), "value-range", "choice-argument"],
  [experiment("try static { samples: «1.5» }"), "value-type"],
  [experiment("try static { samples: «0» }"), "value-range"],
  [experiment("try static { samples: «10ms» }"), "wrong-unit"],
  [experiment("try static { samples: «10foo» }"), "unknown-unit"],
  [experiment("try static { samples: 10, «samples»: 20 }"), "duplicate-option"],
  [experiment("try static { samples: «9..1» }"), "range-invalid"],
  [experiment("try static { samples: «1..20000» }"), "too-many-values"],
  [experiment("try static { weights: «int8 int4» }"), "phrase-conflict"],
  [experiment("try static { weights: int8 per_channel | «per_tensor» }"), "phrase-incomplete"],
  [experiment("try «static»(3)"), "arguments-unexpected"],
  ['data d = csv("d.csv") { label: «digit | pixel_0» }', "no-sweep"],
  [
    'data d = csv("d.csv") { label: «digits», columns: [pixel_0, «pixl_1»] }',
    "data-unknown-column",
    "data-unknown-column",
  ],
  ['data d = csv("d.csv") { scale: «1/0» }', "division-by-zero"],
  ['data d = csv("d.csv") { shape: «[8, 0]» }', "value-type"],
  ['data d = csv("d.csv") { split: «train 80% test 30%» }', "split-sum"],
  ['data d = csv("d.csv") { split: train «80» }', "missing-unit"],
  ['data d = csv("d.csv") { split: «tran» 80% }', "unknown-choice"],
  ['data d = csv("d.csv") { split: «80%» }', "value-type"],
  ['data d = csv("d.csv") { header: «maybe» }', "value-type"],
  ['param a = "x«\\q»y"', "unknown-escape"],
  ["param a = «1e999»", "number-not-finite"],
];

const names: readonly Case[] = [
  [experiment("try «statc» { samples: 3 }"), "unknown-name"],
  [experiment("«tri» static"), "unknown-clause"],
  ['«modle» a = tfjs("m.json")', "unknown-statement"],
  ["«try» static", "clause-outside-experiment"],
  ['model a = «tfj»("m.json")', "unknown-name"],
  ['data a = «cvs»("d.csv")', "unknown-name"],
  ["model a = «tfjs»", "path-missing"],
  ["model a = tfjs(«3»)", "value-type"],
  ['model a = tfjs(«"https://x/m.json"»)', "remote-path"],
  ['model a = tfjs(«"../m.json"»)', "path-refused"],
  ["model a = tfjs(«$absent»)", "unknown-host-value"],
  ["param a = 1\nparam «a» = 2\nmodel a = tfjs(«a»)", "duplicate-name", "value-type"],
  ["param «a» = b\nparam b = a", "definition-cycle"],
  ["scheme «a» = b\nscheme b = a { samples: 3 }", "definition-cycle"],
  ["scheme «dynamic» = static", "scheme-name-taken"],
  ["«search» s { minimize latency }", "statement-not-available"],
  ["diagnose «a».static", "unknown-name"],
  ['export «a».best(size) to "out/"', "unknown-name"],
  ['import «"absent.nib"»\nimport «"../x.nib"»', "import-unreadable", "path-refused"],
  ['model a = tfjs("m.json") «model» b = tfjs("m.json")', "unexpected-token"],
  ["param samples = 3 «=» 4", "unexpected-token"],
];

const clauses: readonly Case[] = [
  ["experiment «a» {\n try static\n}", "missing-clause", "missing-clause"],
  [`${definitions}experiment «a» {\n model cnn\n data digits\n}`, "nothing-to-try"],
  [`${definitions}experiment a {\n model «cn»\n data «digit»\n try static }`, "unknown-name", "unknown-name"],
  [experiment("«model» cnn\n  try static"), "duplicate-clause"],
  [experiment("baseline «static»\n  try static"), "baseline-not-fp32"],
  [experiment('try static\n  keep layers «"dense_9"» at fp32'), "keep-matches-nothing"],
  [experiment('try static\n  keep layers «"flat*"» at fp32'), "keep-nothing-to-quantize"],
  [experiment("try static\n  keep layers «/(/» at fp32"), "regex-invalid"],
  [experiment('try static\n  keep «layer» "dense_1" at fp32'), "unknown-name"],
  [experiment('try static\n  keep layers "dense_1" at «int99»'), "unknown-choice"],
  [experiment("try static { samples: 3 | 4 }\n  where «sampels» > 3"), "unknown-axis"],
  [experiment("try static { samples: 3 | 4 }\n  where static.«group» > 3"), "unknown-axis"],
  [experiment("try static { samples: 3 | 4 }\n  where «dynamic».samples > 3"), "unknown-name"],
  [experiment("try static { calibration: mse | minmax }\n  where «calibration > mse»"), "comparison-order"],
  [experiment("try static { calibration: mse | minmax }\n  where calibration = «mes»"), "unknown-choice"],
  [experiment("try static { samples: 3 | 4 }\n  «where samples < 9»"), "where-prunes-nothing"],
  [experiment("try static\n  measure «acuracy»"), "unknown-name"],
  [experiment("try static\n  measure latency { «batches»: 1 }"), "unknown-option"],
  [experiment("try static\n  expect «statc».speedup > 2x"), "unknown-name"],
  [experiment("try static\n  expect static.«sped» > 2x"), "unknown-name"],
  [experiment("try static\n  expect «speedup» > 2x"), "expectation-form"],
  [experiment("try static\n  expect static.accuracy_drop < «1»"), "missing-unit"],
  [experiment("try static\n  expect static.latency < «10», static.latency < «5MB»"), "missing-unit", "wrong-unit"],
  [experiment("try static\n  expect static.speedup > «50%»"), "wrong-unit"],
  [experiment("try static\n  expect static.speedup > «2x | 3x»"), "no-sweep"],
  [experiment("try static\n  measure accuracy\n  expect static.«speedup» > 2x"), "needs-measure"],
  [
    experiment("try static\n  show «tabel», «pareto(speedup)», layers(«size»)"),
    "unknown-name",
    "view-arguments",
    "view-arguments",
  ],
];

const diagnoses: readonly Case[] = [
  [`${experiment("try static")}diagnose «b»`, "unknown-name"],
  [`${experiment("try static")}diagnose a.«statc»`, "unknown-name"],
  [`${experiment("try static")}diagnose a.«fp32»`, "diagnose-float"],
  [`${experiment("try fp32, static")}diagnose a.«fp32»`, "diagnose-float"],
  [`${experiment("try static")}diagnose «a.static.conv»`, "diagnose-form"],
  [`${experiment("try static")}diagnose «a.best(latency)»`, "diagnose-form"],
  [`${experiment("try static")}diagnose «a.static { samples: 3 }»`, "diagnose-form"],
  [
    `${experiment("try static")}diagnose a.static\ndiagnose «a.static»\ndiagnose a\ndiagnose «a»`,
    "diagnose-twice",
    "diagnose-twice",
  ],
  [`${experiment("try static { samples: «-1» }")}diagnose a.static`, "value-range"],
];

const exported: readonly Case[] = [
  [`${experiment("try static")}export a.trial(«"statc"») to "out"`, "unknown-name"],
  [`${experiment("try static { samples: 3 | 4 }")}export a.«static» to "out"`, "export-several"],
  [
    `${experiment("try static { samples: 3 | 4 }\n  where samples > 3")}export a.trial(«"static n=3"») to "out"\nexport a.static to "one"`,
    "export-skipped",
  ],
  // Of a matrix that is not what was meant nothing is said.
  [`${experiment("try static { samples: 3 | 4 }\n  where «sampels» > 3")}export a.static to "out"`, "unknown-axis"],
];

interface Reality {
  readonly changes: Partial<ProgramHost>;
  readonly text: string;
  readonly codes: readonly string[];
}

const realities: readonly Reality[] = [
  {
    changes: { describeModel: async () => fail("model-not-found", { path: "/project/m.json" }) },
    text: 'model a = tfjs(«"m.json"»)',
    codes: ["model-not-found"],
  },
  {
    changes: {
      describeData: async () => fail("data-option-needed", { reader: "csv", option: "shape", why: "it" }),
    },
    text: 'data a = csv("d.csv") { shape: «[3]» }',
    codes: ["data-option-needed"],
  },
  {
    changes: { describeData: async () => ({ ...digits, inputShapes: [[64]] }) },
    text: experiment("try static").replace("data digits\n", "data «digits»\n"),
    codes: ["shape-mismatch"],
  },
  {
    changes: { describeData: async () => ({ ...digits, inputShapes: [[8, 8, 1], [3]] }) },
    text: experiment("try static").replace("data digits\n", "data «digits»\n"),
    codes: ["input-count-mismatch"],
  },
  {
    changes: {
      describeModel: async () => ({ ...cnn, inputs: [{ name: "in", shape: [null, 8, 1] }] }),
      describeData: async () => ({ hash: "sha256:data" }),
    },
    text: experiment("try static").replace('"m.json"', '«"m.json"»'),
    codes: ["open-input-shape"],
  },
  {
    changes: { describeData: async () => ({ ...digits, trainSize: 0 }) },
    text: experiment("try «static»\n  try dynamic"),
    codes: ["no-training-samples"],
  },
  {
    changes: { describeData: async () => ({ ...digits, trainSize: 100 }) },
    text: experiment("try static { samples: «101» }\n  try «static»"),
    codes: ["too-few-training-samples", "too-few-training-samples"],
  },
];

describe("a mistake is reported with its code at its exact place:", () => {
  test.each([...values, ...names, ...clauses, ...diagnoses, ...exported])("%s", async (text, ...codes) => {
    const source = marked(text);
    const { diagnostics } = await checkProgram(source, fakeHost());
    // Two diagnostics may share a mark.
    const { codes: found, spans } = places(diagnostics);
    expect(found).toEqual(codes);
    expect(new Set(spans.map(String))).toEqual(new Set(source.spans.map(String)));
  });

  test.each(realities)("$codes", async ({ changes, text, codes }) => {
    const source = marked(text);
    const { diagnostics } = await checkProgram(source, fakeHost(changes));
    expect(places(diagnostics)).toEqual({ codes, spans: source.spans });
  });
});

test("all mistakes of a program come in one run, in the order of the text", async () => {
  const source = marked(
    experiment("try static { «calibraton»: mse }\n  try «dynamc»\n  measure «acuracy»\n  show «tabel»"),
  );
  const { program, diagnostics } = await checkProgram(source, fakeHost());
  expect(program).toBeUndefined();
  expect(places(diagnostics).spans).toEqual(source.spans);
});

test("a program with warnings alone can run", async () => {
  const { program, diagnostics } = await checkProgram(
    { path: "p.nib", text: experiment('try static\n  keep layers "absent" at fp32') },
    fakeHost(),
  );
  expect(diagnostics.map(({ severity }) => severity)).toEqual(["warning"]);
  expect(program?.experiments).toHaveLength(1);
});

test("what has no kernel is simulated, which a note says once for an attempt", async () => {
  const source = marked(
    experiment("try «static { weights: int3 }»\n  try «weight_only { weights: int4 | int3 | nf4 }»"),
  );
  const { program, diagnostics } = await checkProgram(source, fakeHost());
  expect(places(diagnostics)).toEqual({ codes: ["simulated", "simulated"], spans: source.spans });
  expect(diagnostics.map(({ severity }) => severity)).toEqual(["note", "note"]);
  expect(program?.experiments).toHaveLength(1);
});

test("what can be neither executed nor simulated is an error where nothing else is left, else a warning", async () => {
  const source = marked(experiment("try «static { method: gptq }»\n  try «weight_only { method: rtn | gptq }»"));
  const { diagnostics } = await checkProgram(source, fakeHost(), wideVocabulary);
  expect(places(diagnostics)).toEqual({ codes: ["cannot-execute", "cannot-execute"], spans: source.spans });
  expect(diagnostics.map(({ severity }) => severity)).toEqual(["error", "warning"]);
});

test("an expectation on the speed of what is simulated is an error; one on its accuracy is none", async () => {
  const source = marked(
    experiment(
      "try «weight_only { weights: int4 | int3 }»\n  try static\n  measure accuracy, latency, size, memory\n" +
        "  expect «weight_only.speedup» > 1x, «weight_only.memory» < 1MB, weight_only.accuracy_drop < 1%, static.speedup > 1x",
    ),
  );
  const { program, diagnostics } = await checkProgram(source, fakeHost());
  const codes = ["simulated", "expects-of-simulated", "expects-of-simulated"];
  expect(places(diagnostics)).toEqual({ codes, spans: source.spans });
  expect(program).toBeUndefined();
});

const labelled: readonly (readonly [text: string, labels: LabelSummary, severities: readonly string[]])[] = [
  ["expect static.«rmse» < 1, static.«r2» > 0.9, static.top5 > 90%", { kind: "class" }, ["error", "error"]],
  ["expect static.«top5» > 90%, static.macro_f1 > 90%", { kind: "class", classes: 3 }, ["error"]],
  ["expect static.«macro_f1» > 90%, static.«same_top» > 90%, static.rmse < 1", { kind: "value" }, ["error", "error"]],
  ["expect static.«perplexity» < 2, static.kl < 0.1, static.same_top > 90%", { kind: "none" }, ["error"]],
  ["show pareto(size, «rmse»), table", { kind: "class", classes: 10 }, ["warning"]],
  ["expect static.accuracy_drop < 1%, static.cosine > 0.9\n  show pareto(speedup, accuracy)", { kind: "value" }, []],
];

test.each(labelled)("metrics against the data's labels: %s", async (clauses, labels, severities) => {
  const source = marked(experiment(`try static\n  ${clauses}`));
  const host = fakeHost({ describeData: async () => ({ ...digits, labels }) });
  const { diagnostics } = await checkProgram(source, host);
  expect(places(diagnostics)).toEqual({ codes: severities.map(() => "metric-labels"), spans: source.spans });
  expect(diagnostics.map(({ severity }) => severity)).toEqual(severities);
});

test("settings that contradict each other point at the option that says so, once for all cells", async () => {
  const source = marked(experiment("try weight_only { weights: int8 | int4, group: «33» }"));
  const { diagnostics } = await checkProgram(source, fakeHost());
  expect(places(diagnostics)).toEqual({ codes: ["group-size"], spans: source.spans });
});

test("a model that leaves its input open takes the shape of the data", async () => {
  const open = { ...cnn, inputs: [{ name: "in", shape: [null, null, 1] }] };
  const host = fakeHost({ describeModel: async () => open });
  const { program } = await checkProgram({ path: "p.nib", text: experiment("try static") }, host);
  expect(program?.experiments[0]?.model.inputShape).toEqual([8, 8, 1]);
});

test("the host is asked once about a model that several experiments use", async () => {
  let asked = 0;
  const host = fakeHost({
    async describeModel() {
      asked++;
      return cnn;
    },
  });
  const two = `${experiment("try static")}${experiment("try dynamic").replace(definitions, "").replace("experiment a", "experiment b")}`;
  const { program } = await checkProgram({ path: "p.nib", text: two }, host);
  expect([program?.experiments.length, asked]).toEqual([2, 1]);
});

test("a regular expression that would take for ever is stopped and reported", async () => {
  const layers = [{ name: `${"a".repeat(60)}!`, className: "Dense", quantizable: true }];
  const source = marked(experiment("try static\n  keep layers «/^(a+)+$/» at fp32"));
  const { diagnostics } = await checkProgram(source, fakeHost({ describeModel: async () => ({ ...cnn, layers }) }));
  expect(places(diagnostics)).toEqual({ codes: ["regex-invalid"], spans: source.spans });
});

test("many such expressions are not each given their time", async () => {
  const layers = [{ name: `${"a".repeat(60)}!`, className: "Dense", quantizable: true }];
  const rules = Array.from({ length: 60 }, (_, i) => `  keep layers /^(a+)+${i}$/ at fp32`).join("\n");
  const text = experiment(`try static\n${rules}`);
  const host = fakeHost({ describeModel: async () => ({ ...cnn, layers }) });
  const { diagnostics } = await checkProgram({ path: "p.nib", text }, host);
  expect(diagnostics.map(({ code }) => code)).toEqual(Array(60).fill("regex-invalid"));
  // Sixty of them would take 15 seconds, which the limit below forbids.
}, 8_000);

test("our own bugs in a host pass through and are not taken for mistakes of the program", async () => {
  const host = fakeHost({
    describeModel: async () => {
      throw new TypeError("bug");
    },
  });
  await expect(checkProgram({ path: "p.nib", text: definitions }, host)).rejects.toThrow("bug");
});
