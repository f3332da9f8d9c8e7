import { expect, test } from "vitest";
import { frontends, measures, metrics, views } from "../../src/plan/registry.js";

test("names are unique, and every metric needs a measure that exists", () => {
  for (const registry of [frontends, measures, metrics, views]) {
    const names = registry.map(({ name }) => name as string);
    expect(new Set(names).size).toBe(names.length);
    for (const { summary } of registry) expect(summary).not.toBe("");
  }
  const measured = measures.map(({ name }) => name);
  for (const { needs } of metrics) expect(measured).toContain(needs);
});

test("a view's form has as many arguments as the view takes, each one that it may take", () => {
  for (const view of views) {
    const written = /\((.*)\)/.exec(view.form)?.[1]?.split(", ") ?? [];
    expect(written).toHaveLength(view.arguments.length);
    written.forEach((metric, i) => {
      expect(view.arguments[i]).toContain(metric);
    });
  }
});
