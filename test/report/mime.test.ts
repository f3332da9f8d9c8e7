import { describe, expect, test } from "vitest";
import { titledFigure } from "../../src/report/figures/registry.js";
import { figureForms, reportForms, tableForms } from "../../src/report/mime.js";
import { report, sweep } from "./fixtures/sweep.js";

const types = (forms: object) => Object.keys(forms).sort();
const figure = ["application/vnd.plotly.v1+json", "image/svg+xml", "text/plain"];

describe("a report in a notebook", () => {
  test("is its table, then each plot that the program asked for", () => {
    expect(reportForms(report).map(types)).toEqual([["text/html", "text/plain"], figure, figure, figure]);
  });

  test("has a table in HTML that runs nothing and needs no style sheet", () => {
    const html = String(tableForms(report)["text/html"]);
    expect(html).not.toMatch(/<(script|style|link|iframe|img)|\son[a-z]+=|class=/i);
    expect(html.match(/<tr>/g)).toHaveLength(9);
    for (const part of [
      "precision_sweep",
      "digits_cnn on digits",
      "Expected",
      "Failed",
      "Skipped",
      "How this was measured",
    ]) {
      expect(html).toContain(part);
    }
  });

  test("has a table in text of 80 columns without colours", () => {
    const text = tableForms(report)["text/plain"];
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(text).not.toContain("\u001b");
  });

  test("escapes what the user has named", () => {
    const name = '<img src=x onerror="alert(1)">\u202e';
    const hostile = { ...report, experiment: name, model: name, data: name };
    for (const forms of reportForms(hostile)) {
      expect(`${forms["text/html"]} ${forms["image/svg+xml"]}`).not.toContain("<img");
      expect(JSON.stringify(forms)).not.toContain("\u202e");
    }
  });

  test("without a completed trial says so", () => {
    const records = sweep.filter(({ status }) => status !== "completed");
    const [table, ...plots] = reportForms({ ...report, records });
    expect(table?.["text/html"]).toContain("No trial was completed.");
    expect(plots).toEqual([]);
  });
});

test("a plot has its title in the picture, in plotly's layout and in words", () => {
  const forms = figureForms(titledFigure({ kind: "pareto", x: "size", y: "accuracy" }, report));
  expect(forms["application/vnd.plotly.v1+json"]).toMatchObject({ layout: { title: { text: "Accuracy and size" } } });
  expect(forms["image/svg+xml"]).toContain(">Accuracy and size</text>");
  expect(forms["text/plain"]).toBe(
    "Accuracy and size\nOne point a trial with its 95% intervals.\n[plot: 8 series, 8 points]",
  );
  expect(JSON.parse(JSON.stringify(forms))).toEqual(forms);
});
