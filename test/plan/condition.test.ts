import { describe, expect, test } from "vitest";
import type { Setting } from "../../src/base/option.js";
import { type Cell, holds } from "../../src/plan/condition.js";
import type { Condition } from "../../src/plan/experiment.js";

type Comparator = Extract<Condition, { kind: "comparison" }>["comparator"];

const cell: Cell = {
  scheme: "w4",
  settings: new Map<string, Setting>([
    ["group", 64],
    ["method", { name: "rtn" }],
    ["calibration", { name: "percentile", argument: 99.9 }],
    ["weights", [{ name: "int8" }, { name: "per_channel" }]],
  ]),
};

const is = (name: string, comparator: Comparator, ...values: Setting[]): Condition => ({
  kind: "comparison",
  name,
  comparator,
  values,
});
const yes = is("group", "=", 64);
const no = is("group", "=", 32);
const unknown = is("samples", "=", 1);

describe("a comparison", () => {
  test.each([
    ["a number equals itself", is("group", "=", 64), true],
    ["one of several is enough", is("group", "=", 32, 64), true],
    ["!= wants none of them", is("group", "!=", 32, 64), false],
    ["<", is("group", "<", 64), false],
    ["<=", is("group", "<=", 64), true],
    [">", is("group", ">", 32), true],
    [">=", is("group", ">=", 65), false],
    ["a choice by its name", is("method", "=", { name: "rtn" }), true],
    ["a choice without its argument is any of that name", is("calibration", "=", { name: "percentile" }), true],
    ["with its argument the same one", is("calibration", "=", { name: "percentile", argument: 99 }), false],
    ["a phrase by one of its words", is("weights", "=", [{ name: "per_channel" }]), true],
    ["a phrase by all of them", is("weights", "=", [{ name: "int8" }, { name: "per_tensor" }]), false],
    ["the scheme by its name", is("scheme", "=", { name: "w4" }), true],
    ["an option that the cell has not is unknown", unknown, undefined],
    ["an order of names is unknown", is("method", "<", 3), undefined],
    ["another scheme's option is unknown", { ...yes, scheme: "static" } as Condition, undefined],
  ])("%s", (_, condition, expected) => expect(holds(condition, cell)).toBe(expected));
});

/** Kleene's tables: true, false, unknown. */
test("and, or and not follow three-valued logic", () => {
  const all = [yes, no, unknown];
  const table = (kind: "and" | "or") => all.map((a) => all.map((b) => holds({ kind, operands: [a, b] }, cell)));
  expect(table("and")).toEqual([
    [true, false, undefined],
    [false, false, false],
    [undefined, false, undefined],
  ]);
  expect(table("or")).toEqual([
    [true, true, true],
    [true, false, undefined],
    [true, undefined, undefined],
  ]);
  expect(all.map((operand) => holds({ kind: "not", operand }, cell))).toEqual([false, true, undefined]);
});
