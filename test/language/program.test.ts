import fc from "fast-check";
import { expect, test } from "vitest";
import { words } from "../../src/base/diagnostic.js";
import { checkProgram } from "../../src/language/check.js";
import type { ProgramHost } from "../../src/language/host.js";
import { parseProgram } from "../../src/language/parse-program.js";
import { planExperiment } from "../../src/plan/expand.js";
import { fakeHost } from "./host.js";
import { longProgram } from "./long-program.js";
import { marked, places } from "./marked.js";

const check = (text: string, changes: Parameters<typeof fakeHost>[0] = {}) =>
  checkProgram({ path: "main.nib", text }, fakeHost(changes));

const sources = 'model m = tfjs("m.json")\ndata d = csv("d.csv") { label: digit }\n';

async function schemesOf(text: string, changes: Partial<ProgramHost> = {}) {
  const host = fakeHost(changes);
  const { program, diagnostics } = await checkProgram({ path: "main.nib", text: `${sources}${text}` }, host);
  expect(diagnostics.map(({ code }) => code)).toEqual([]);
  return program?.experiments.flatMap((each) => planExperiment(each, host.cpu).trials.slice(1)) ?? [];
}

const trying = (clauses: string) => `experiment e {\n  model m\n  data d\n  ${clauses}\n}\n`;

test("definitions of imported files are known, each file once, and their experiments are not run", async () => {
  const files = {
    "/project/a.nib": 'import "c.nib"\nscheme small = big { samples: 8 }\nexperiment inner { model x }\n',
    "/project/b.nib": 'import "c.nib"\n',
    "/project/c.nib": "scheme big = static { samples: 100, calibration: mse }\n",
  };
  const { program, diagnostics } = await check(`import "a.nib"\nimport "b.nib"\n${sources}${trying("try small")}`, {
    files,
  });
  expect(diagnostics).toEqual([]);
  expect(program?.experiments.map(({ name, attempts }) => [name, attempts[0]?.axes])).toEqual([
    [
      "e",
      [
        { option: "samples", points: [{ setting: 8, text: "8" }] },
        { option: "calibration", points: [{ setting: { name: "mse" }, text: "mse" }] },
      ],
    ],
  ]);
});

test("a mistake in an imported file points into that file", async () => {
  const { diagnostics, sources: texts } = await check('import "a.nib"', {
    files: { "/project/a.nib": "scheme a = statc\n" },
  });
  expect(diagnostics.map(({ span }) => span)).toEqual([{ source: "/project/a.nib", start: 11, end: 16 }]);
  expect(texts.get("/project/a.nib")?.text).toBe("scheme a = statc\n");
});

test("files that import each other are reported where the circle closes", async () => {
  const files = { "/project/a.nib": 'import "main.nib"\n' };
  const { diagnostics } = await check('import "a.nib"', { files });
  expect(diagnostics.map((each) => [each.code, words(each).message, each.span?.source])).toEqual([
    ["import-cycle", "the files import each other: main.nib -> a.nib -> main.nib", "/project/a.nib"],
  ]);
});

test("a name that an imported file has taken is reported with its place", async () => {
  const files = { "/project/a.nib": "\nparam a = 1\n" };
  const { diagnostics } = await check('import "a.nib"\nparam a = 2', { files });
  expect(diagnostics.map((each) => words(each).message)).toEqual([
    'the parameter "a" is already defined at /project/a.nib:2',
  ]);
});

test("parameters from outside replace the default, as text or as values", async () => {
  const text = `param n = 64\n${trying("try static { samples: n }")}`;
  const samples = async (given: unknown) =>
    (await schemesOf(text, { parameters: new Map([["n", given]]) })).map(({ scheme }) => scheme.calibration?.samples);
  expect(await samples("16")).toEqual([16]);
  expect(await samples(32)).toEqual([32]);
  expect(await samples("8 | 16")).toEqual([8, 16]);
});

test("a parameter from outside has the type of its default, and the program must declare it", async () => {
  const parameters = new Map<string, unknown>([
    ["count", "minmax"],
    ["kind", "3"],
    ["path", "plain text, | not a value"],
    ["list", "[1,"],
    ["cout", 3],
  ]);
  const text = 'param count = 1\nparam kind = mse\nparam path = "x"\nparam list = [1]\n';
  const { diagnostics } = await check(text, { parameters });
  expect(diagnostics.map((each) => words(each))).toMatchInlineSnapshot(`
    [
      {
        "hint": "did you mean "count"?",
        "message": "the program has no parameter "cout"",
      },
      {
        "hint": "its default is 1",
        "message": "the parameter "count" is a number, not minmax",
      },
      {
        "hint": "its default is mse",
        "message": "the parameter "kind" is a name, not 3",
      },
      {
        "hint": "values are written as in a program: 64, 1%, minmax | mse",
        "message": "the value of the parameter "list" cannot be read: [1,",
      },
    ]
  `);
});

test("$name is a value of the host wherever a value stands", async () => {
  const values = new Map<string, unknown>([
    ["observer", "mse"],
    ["count", 12],
    ["where", "d.csv"],
  ]);
  const text = `data e = csv($where) { label: digit, header: $flag }\n${trying("try static { calibration: $observer, samples: $count }")}`;
  const [trial] = await schemesOf(text, { values: values.set("flag", true) });
  expect(trial?.scheme.calibration).toEqual({ observer: "mse", samples: 12 });
});

test("a value of the host that no option can take is reported with what it is", async () => {
  const source = marked(`${sources}experiment e {\n model m\n data d\n try static { samples: «$f» }\n}`);
  const { diagnostics } = await checkProgram(source, fakeHost({ values: new Map([["f", () => 3]]) }));
  expect(places(diagnostics)).toEqual({ codes: ["host-value-kind"], spans: source.spans });
});

test("a model of the host is put on disk by the host, in the clause or in its own statement", async () => {
  const saved: unknown[] = [];
  const changes: Partial<ProgramHost> = {
    values: new Map([["net", { layers: [] }]]),
    async saveValue(name, value, reader) {
      saved.push([name, value, reader]);
      return { path: "/saved/model.json" };
    },
  };
  const text = `data d = csv("d.csv") { label: digit }\nmodel a = tfjs($net)\nexperiment e { model $net\n data d\n try static }`;
  const { program, diagnostics } = await check(text, changes);
  expect(diagnostics).toEqual([]);
  expect(program?.experiments[0]?.model).toEqual({ name: "net", format: "tfjs", path: "/saved/model.json" });
  expect(saved).toEqual([
    ["net", { layers: [] }, "tfjs"],
    ["net", { layers: [] }, "tfjs"],
  ]);
});

test("axes stand in phrases, calls, ranges and parameters, and multiply in the order written", async () => {
  const text = `param kind = per_channel | per_tensor
${trying("try static { weights: int8 kind, calibration: percentile(99 | 99.9), samples: 8..32 step 2x }")}`;
  const trials = await schemesOf(text);
  expect(trials).toHaveLength(12);
  expect(trials.slice(0, 4).map(({ axes }) => Object.values(axes).join(" "))).toEqual([
    "int8 per_channel percentile(99) 8",
    "int8 per_channel percentile(99) 16",
    "int8 per_channel percentile(99) 32",
    "int8 per_channel percentile(99.9) 8",
  ]);
});

test("later keep rules override earlier ones, by name, glob and regular expression", async () => {
  const [trial] = await schemesOf(
    trying(
      'try static\n  keep layers "*" at fp32\n  keep layers /^dense_\\d$/, conv_1 at int8\n  keep layers "dense_?" at fp32',
    ),
  );
  expect(trial?.scheme.keep).toEqual({ conv_1: "int8", dense_1: "fp32", dense_2: "fp32" });
});

test("where has nothing to say about schemes without the option, and a clause can speak of one scheme", async () => {
  const text = trying(
    "try dynamic\n  try static { samples: 8 | 16 }\n  try weight_only { group: 32 | 64 }\n  where samples > 8 and weight_only.group = 64",
  );
  const host = fakeHost();
  const { program } = await checkProgram({ path: "main.nib", text: `${sources}${text}` }, host);
  const plan = program?.experiments.map((each) => planExperiment(each, host.cpu))[0];
  expect(plan?.trials.map(({ scheme, axes }) => [scheme.name, axes])).toEqual([
    ["fp32", {}],
    ["dynamic", {}],
    ["static", { samples: "16" }],
    ["weight_only", { group: "64" }],
  ]);
  expect(plan?.skipped.map(({ axes, reason }) => [axes, reason])).toEqual([
    [{ samples: "8" }, "excluded by `where samples > 8 and weight_only.group = 64`"],
    [{ group: "32" }, "excluded by `where samples > 8 and weight_only.group = 64`"],
  ]);
});

test("what an experiment leaves out has its usual value", async () => {
  const { program } = await check(`${sources}${trying("try static")}`);
  const [experiment] = program?.experiments ?? [];
  expect(experiment?.measures).toEqual({
    accuracy: true,
    latency: [{ batch: 1, threads: 1 }],
    size: true,
    memory: false,
    layers: true,
  });
  expect([experiment?.views, experiment?.expectations, experiment?.seed]).toEqual([[{ kind: "table" }], [], 1]);
});

test.each([
  ["show table", true],
  ["show pareto(size, accuracy)", undefined],
  ["show pareto(size, accuracy), layers(sqnr)", true],
  ["show pareto(size, accuracy)\n  expect static.sqnr > 10", true],
])("`%s`: layers are measured where the report shows or an expectation needs them: %s", async (clause, layers) => {
  const { program } = await check(`${sources}${trying(`try static\n  ${clause}`)}`);
  expect(program?.experiments[0]?.measures.layers).toBe(layers);
});

test("expectations are in the record's units, with the program's words", async () => {
  const clauses = `try static
  measure accuracy, latency { batch: 1 | 8, threads: 2 }, size, memory
  expect static.accuracy_drop < 1%, static.latency <= 1.5s,
         static.memory > 2MiB, static.sqnr > 20dB`;
  const { program } = await check(`${sources}${trying(clauses)}`);
  const [experiment] = program?.experiments ?? [];
  expect(
    experiment?.expectations.map(({ metric, comparison, value, text }) => [metric, comparison, value, text]),
  ).toEqual([
    ["accuracy_drop", "<", 0.01, "static.accuracy_drop < 1%"],
    ["latency", "<=", 1500, "static.latency <= 1.5s"],
    ["memory", ">", 2_097_152, "static.memory > 2MiB"],
    ["sqnr", ">", 20, "static.sqnr > 20dB"],
  ]);
  expect(experiment?.measures).toEqual({
    accuracy: true,
    latency: [
      { batch: 1, threads: 2 },
      { batch: 8, threads: 2 },
    ],
    size: true,
    memory: true,
    layers: true,
  });
});

test.each([
  ["accuracy { stop_at_drop: 20% }", 0.2],
  ["accuracy { stop_at_drop: 0.05 }, size", 0.05],
  ["accuracy { stop_at_drop: 20% }, accuracy", undefined],
])("`measure %s` declares when a trial is hopeless: %s", async (measure, limit) => {
  const { program, diagnostics } = await check(`${sources}${trying(`try static\n  measure ${measure}`)}`);
  expect(diagnostics).toEqual([]);
  expect(program?.experiments[0]?.measures.stopAtDrop).toBe(limit);
});

test("the bound of a hopeless drop is a share of the samples, and one", async () => {
  const messages = async (value: string) => {
    const clauses = `try static\n  measure accuracy { stop_at_drop: ${value} }`;
    const { diagnostics } = await check(`${sources}${trying(clauses)}`);
    return diagnostics.map(({ code }) => code);
  };
  expect(await messages("120%")).toEqual(["value-range"]);
  expect(await messages("20ms")).toEqual(["wrong-unit"]);
  expect(await messages("10% | 20%")).toEqual(["no-sweep"]);
});

test("every accuracy figure can be expected, with or without a unit as it has one", async () => {
  const clauses = `try static
  expect static.kl < 0.01, static.same_top > 99%, static.cosine > 0.999, static.top5 > 90%, static.macro_f1 > 0.9,
         static.rmse < 3, static.r2 > 0.5, static.perplexity < 2, static.latency_p90 < 5ms`;
  const { program, diagnostics } = await check(`${sources}${trying(clauses)}`);
  expect(diagnostics).toEqual([]);
  expect(program?.experiments[0]?.expectations.map(({ value }) => value)).toEqual([
    ...[0.01, 0.99, 0.999, 0.9, 0.9],
    ...[3, 0.5, 2, 5],
  ]);
});

test("a long program is checked whole", async () => {
  const { program, diagnostics } = await check(longProgram(1000));
  expect(diagnostics).toEqual([]);
  expect(program?.experiments).toHaveLength(53);
});

const pieces = [
  ...["model m = ", 'tfjs("m.json")', "data d = ", 'csv("d.csv") { label: digit }', "experiment e {", "}", "\n", "\n"],
  ...[
    "model m",
    "data d",
    "try static",
    "{ samples: ",
    "3 | 4",
    "}",
    "keep layers ",
    '"*"',
    " at fp32",
    "where ",
    "samples",
  ],
  ...[
    " > 3",
    "measure accuracy",
    "expect static.",
    "speedup > 2x",
    "show table",
    "param p = ",
    "p",
    "$x",
    "1/0",
    "(",
    "[",
  ],
  ...["scheme s = ", "static", ", ", " | ", "«", "\u{1F600}", '"', "/*", "import ", "1..9", "..", "not ", "and "],
];

test("whatever the text, checking ends with diagnostics whose spans lie inside it", async () => {
  const texts = fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((parts) => parts.join(""));
  await fc.assert(
    fc.asyncProperty(texts, async (text) => {
      const { program, diagnostics } = await check(text);
      for (const { span } of diagnostics) {
        expect(span?.source).toBe("main.nib");
        expect(span?.start).toBeGreaterThanOrEqual(0);
        expect(span?.end).toBeGreaterThanOrEqual(span?.start ?? 0);
        expect(span?.end).toBeLessThanOrEqual(text.length);
      }
      expect(program === undefined).toBe(diagnostics.some(({ severity }) => severity === "error"));
    }),
    { numRuns: 300 },
  );
});

test("spans of every node lie inside the text and inside their parent", () => {
  const visit = (value: unknown, [low, high]: readonly [number, number]): void => {
    if (typeof value !== "object" || value === null) return;
    const { span } = value as { span?: { start: number; end: number } };
    const inner = span ? ([span.start, span.end] as const) : ([low, high] as const);
    expect(inner[0]).toBeGreaterThanOrEqual(low);
    expect(inner[1]).toBeLessThanOrEqual(high);
    for (const [key, child] of Object.entries(value)) if (!/span$/i.test(key)) visit(child, inner);
  };
  const text = longProgram(60);
  visit(parseProgram({ path: "p", text }).program, [0, text.length]);
});
