import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { countCells, expandCells, mostCells, planExperiment } from "../../src/plan/expand.js";
import type { Attempt, CheckedExperiment } from "../../src/plan/experiment.js";
import { cpuProfile } from "../../src/quantize/profile.js";
import { type SchemeDefinition, schemes } from "../../src/quantize/registry.js";

const cpu = cpuProfile("x64", ["avx_vnni"]);

function definition(name: string): SchemeDefinition {
  const found = schemes.find((scheme) => scheme.name === name);
  if (!found) throw new Error(name);
  return found;
}

const numbers = (option: string, ...values: number[]) => ({
  option,
  points: values.map((setting) => ({ setting, text: `${setting}` })),
});

const calibrated: Attempt = { name: "static", definition: definition("static"), axes: [numbers("samples", 8, 16)] };
const grouped: Attempt = { name: "w", definition: definition("weight_only"), axes: [numbers("group", 32, 64)] };

const base: CheckedExperiment = {
  name: "e",
  model: { name: "m", format: "tfjs", path: "/a/model.json" },
  modelHash: "sha256:m",
  layers: [
    { name: "conv", className: "Conv2D", quantizable: true, parameters: 100 },
    { name: "flatten", className: "Flatten", quantizable: false, parameters: 0 },
    { name: "dense", className: "Dense", quantizable: true, parameters: 1000 },
  ],
  data: { name: "d", reader: "csv", path: "/a/d.csv", settings: { label: "digit" } },
  dataHash: "sha256:d",
  attempts: [calibrated, grouped],
  keep: [],
  where: [],
  measures: { accuracy: true, latency: [{ batch: 1, threads: 1 }], size: true, memory: false },
  expectations: [],
  views: [{ kind: "table" }],
  seed: 7,
};

const ids = (experiment: CheckedExperiment) => planExperiment(experiment, cpu).trials.map(({ id }) => id);

test("the baseline comes first, then the cells in the order written", () => {
  expect(planExperiment(base, cpu).trials.map(({ scheme, axes }) => [scheme.name, axes])).toEqual([
    ["fp32", {}],
    ["static", { samples: "8" }],
    ["static", { samples: "16" }],
    ["w", { group: "32" }],
    ["w", { group: "64" }],
  ]);
});

test("every trial has an id of its own", () => {
  expect(new Set(ids(base)).size).toBe(5);
  for (const id of ids(base)) expect(id).toMatch(/^sha256:[0-9a-f]{64}$/);
});

describe("the id of a trial does not change with", () => {
  const same: readonly (readonly [string, CheckedExperiment])[] = [
    [
      "where the files lie",
      { ...base, model: { ...base.model, path: "/b/x.json" }, data: { ...base.data, path: "/b/y" } },
    ],
    ["what the program calls model, data and experiment", { ...base, name: "f", model: { ...base.model, name: "n" } }],
    ["expectations and views", { ...base, views: [{ kind: "pareto", x: "speedup", y: "accuracy" }] }],
    ["the number of parameters that the frontend counts", { ...base, layers: [] }],
    [
      "a clause that excludes nothing of it",
      { ...base, where: [{ condition: { kind: "and", operands: [] }, text: "" }] },
    ],
  ];
  test.each(same)("%s", (_, changed) => expect(ids(changed)).toEqual(ids(base)));

  test("the order of the attempts and of the keys of the settings", () => {
    const settings = { split: { train: 0.8, test: 0.2, seed: 7 }, label: "digit" };
    const other = { label: "digit", split: { seed: 7, test: 0.2, train: 0.8 } };
    const one = { ...base, data: { ...base.data, settings } };
    const two = { ...base, data: { ...base.data, settings: other }, attempts: [grouped, calibrated] };
    expect(new Set(ids(two))).toEqual(new Set(ids(one)));
  });

  test("the CPU", () => {
    const arm = planExperiment(base, cpuProfile("arm64", [])).trials.map(({ id }) => id);
    expect(arm).toEqual(ids(base));
  });
});

describe("the id of every trial changes with", () => {
  const { measures, model } = base;
  const changes: readonly (readonly [string, CheckedExperiment])[] = [
    ["the model's content", { ...base, modelHash: "sha256:n" }],
    ["the model's input shape", { ...base, model: { ...model, inputShape: [3] } }],
    ["the data's content", { ...base, dataHash: "sha256:e" }],
    ["the data's settings", { ...base, data: { ...base.data, settings: { label: "digit", scale: 0.5 } } }],
    ["what is measured", { ...base, measures: { ...measures, latency: [{ batch: 32, threads: 1 }] } }],
    ["when a trial is hopeless", { ...base, measures: { ...measures, stopAtDrop: 0.2 } }],
    ["the seed", { ...base, seed: 8 }],
  ];
  test.each(changes)("%s", (_, changed) => {
    expect(ids(changed).filter((id) => ids(base).includes(id))).toEqual([]);
  });
});

test("the ids are these, until the schema of trials changes", () => {
  expect(ids({ ...base, attempts: [] })).toMatchInlineSnapshot(`
    [
      "sha256:fcba0d074a25097b114a2b81d5e272c04e4067004437cdbc0a719d89ca3a04cc",
    ]
  `);
});

test("cells that come to the same scheme are one", () => {
  const again = { ...base, attempts: [calibrated, calibrated] };
  expect(planExperiment(again, cpu).trials).toHaveLength(3);
});

test("fp32 among the attempts is the baseline itself", () => {
  const fp32: Attempt = { name: "fp32", definition: definition("fp32"), axes: [] };
  expect(planExperiment({ ...base, attempts: [fp32] }, cpu).trials.map(({ scheme }) => scheme.name)).toEqual(["fp32"]);
});

test("keep rules apply in order, and several choices are an axis", () => {
  const keep = [
    { choices: [{ layers: ["conv", "dense"], precision: "fp32" as const, text: "*" }] },
    {
      axis: "keep",
      choices: [
        { layers: ["dense"], precision: "int8" as const, text: "int8" },
        { layers: [], precision: "fp32" as const, text: "none" },
      ],
    },
  ];
  const plan = planExperiment({ ...base, attempts: [{ ...grouped, axes: [] }], keep }, cpu);
  expect(plan.trials.slice(1).map(({ axes, scheme }) => [axes, scheme.keep])).toEqual([
    [{ keep: "int8" }, { conv: "fp32", dense: "int8" }],
    [{ keep: "none" }, { conv: "fp32", dense: "fp32" }],
  ]);
});

test("a cell without a kernel is simulated with the profile's reason, an excluded one is skipped with its clause", () => {
  const widths = { option: "weights", points: ["int3", "int4"].map((name) => ({ setting: [{ name }], text: name })) };
  const experiment: CheckedExperiment = {
    ...base,
    attempts: [{ ...grouped, axes: [widths, numbers("group", 32, 64)] }],
    where: [
      { condition: { kind: "comparison", name: "group", comparator: "<", values: [64] }, text: "where group < 64" },
    ],
  };
  const plan = planExperiment(experiment, cpu);
  expect(plan.trials.map(({ scheme, simulated }) => [scheme.weights?.dtype, scheme.execution, simulated])).toEqual([
    [undefined, undefined, undefined],
    ["int3", "simulated", expect.stringContaining("int3 weights has no kernel")],
    ["int4", undefined, undefined],
  ]);
  expect(plan.skipped.map(({ axes, reason }) => [axes, reason])).toEqual([
    [{ weights: "int3", group: "64" }, "excluded by `where group < 64`"],
    [{ weights: "int4", group: "64" }, "excluded by `where group < 64`"],
  ]);
});

test("a scheme that executes on one CPU and is simulated on another is two trials", () => {
  const without = planExperiment(base, { ...cpu, combinations: [] }).trials.slice(1);
  const known = new Set(ids(base));
  expect(without.map(({ scheme, id }) => [scheme.execution, known.has(id)])).toEqual(
    without.map(() => ["simulated", false]),
  );
});

test("settings that contradict each other are conflicts of their attempt, not trials", () => {
  const { cells, conflicts } = expandCells(
    { ...base, attempts: [{ ...grouped, axes: [numbers("group", 32, 33)] }] },
    cpu,
  );
  expect([cells.length, conflicts.map(({ attempt, error }) => [attempt, error.diagnostics[0]?.code])]).toEqual([
    1,
    [[0, "group-size"]],
  ]);
});

test("cells are counted without being made, and too many are refused", () => {
  const values = Array.from({ length: 200 }, (_, i) => i + 1);
  const huge = { ...base, attempts: [{ ...calibrated, axes: [numbers("a", ...values), numbers("b", ...values)] }] };
  expect(countCells(huge)).toBe(40_000);
  expect(countCells(huge)).toBeGreaterThan(mostCells);
  expect(() => expandCells(huge, cpu)).toThrow(RangeError);
});

test("runs and skips together are the whole product of the axes, whatever the axes", () => {
  const axis = (option: string) =>
    fc
      .uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 4 })
      .map((values) => numbers(option, ...values));
  fc.assert(
    fc.property(axis("samples"), fc.integer({ min: 1, max: 99 }), (samples, limit) => {
      const experiment: CheckedExperiment = {
        ...base,
        attempts: [{ ...calibrated, axes: [samples] }],
        where: [{ condition: { kind: "comparison", name: "samples", comparator: "<=", values: [limit] }, text: "w" }],
      };
      const plan = planExperiment(experiment, cpu);
      expect(plan.trials.length - 1 + plan.skipped.length).toBe(samples.points.length);
      for (const { axes } of plan.skipped)
        expect(Number(axes.samples ?? samples.points[0]?.text)).toBeGreaterThan(limit);
    }),
  );
});

test("predicted bytes follow the width of the codes, the groups and what stays in float", () => {
  const keep = [{ choices: [{ layers: ["conv"], precision: "fp32" as const, text: "" }] }];
  const dynamic: Attempt = { name: "dynamic", definition: definition("dynamic"), axes: [] };
  const plan = planExperiment(
    { ...base, attempts: [dynamic, { ...grouped, axes: [numbers("group", 32)] }], keep },
    cpu,
  );
  // fp32: 1100 x 4; dynamic: conv in float, dense 1 byte; weight_only int8: conv kept, dense 1 + 2/32 bytes.
  expect(plan.trials.map(({ predictedBytes }) => predictedBytes)).toEqual([4400, 1400, 1463]);
});
