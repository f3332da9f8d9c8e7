import { expect, test } from "vitest";
import { environmentNotes } from "../../src/report/environments.js";
import { renderHtml } from "../../src/report/html.js";
import { summary } from "../../src/report/summary.js";
import { completed } from "../results/fixtures/records.js";

const on = (trial: string, changed: object) => {
  const record = completed(trial);
  const environment = { ...record.manifest.environment, ...changed };
  return { ...record, manifest: { ...record.manifest, environment } };
};

test("records of one environment, which is this one or not known, need no word", () => {
  expect(environmentNotes([on("a", {}), on("b", {})])).toEqual([]);
  expect(environmentNotes([on("a", {})], { cpu: "Test CPU", nibble: "0.1.0" })).toEqual([]);
  expect(environmentNotes([])).toEqual([]);
});

test("records of several environments in one table are named with what differs", () => {
  expect(environmentNotes([on("a", {}), on("b", { cpu: "Other" }), on("c", { cpu: "Other" })])).toEqual([
    {
      label: "mixed",
      text: "(!) trials of this table were measured in different environments and cannot all be compared: processor Test CPU (1) and Other (2)",
    },
  ]);
});

test("records from elsewhere are named with what is here", () => {
  expect(environmentNotes([on("a", {})], { cpu: "Mine", nibble: "0.2.0", cores: 2 })).toEqual([
    {
      label: "elsewhere",
      text: "measured in another environment than this one: processor Test CPU (here Mine); nibble 0.1.0 (here 0.2.0)",
    },
  ]);
});

test("a report of records from different machines says so once, before its other sentences", () => {
  const records = [on("a", {}), on("b", { cpu: "Other" })];
  const warning = "(!) trials of this table were measured in different environments and cannot all be compared";
  const page = renderHtml({ experiment: "e", model: "m", data: "d", records }, { plotly: "" });
  expect(page.split(warning)).toHaveLength(2);
  expect(page.indexOf(warning)).toBeLessThan(page.indexOf("<table"));
  expect(summary(records)[0]).toBe(`${warning}: processor Test CPU (1) and Other (1).`);
});
