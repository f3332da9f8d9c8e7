import { expect, test } from "vitest";
import type { Engine } from "../../src/engines/engine.js";
import { summarizeScheme } from "../../src/plan/scheme-summary.js";
import { schemeDefinition } from "../../src/quantize/registry.js";
import { configured, engineConfig } from "../../src/run/engine-config.js";

const build = (settings = {}) => {
  const scheme = schemeDefinition("static")?.build("static", settings);
  if (!scheme) throw new Error("no scheme static");
  return scheme;
};

test("`precise` is onnxruntime's own option, and only what asks for it gets it", () => {
  expect(engineConfig(build({ precise: true }))).toEqual({ "session.x64quantprecision": "1" });
  expect(engineConfig(build())).toBeUndefined();
});

test("false is the same scheme as nothing said, so a trial keeps its id", () => {
  expect(build({ precise: false, reduce_range: false })).toEqual(build());
  expect(build({ precise: true, reduce_range: true })).not.toEqual(build());
});

test("a record says what keeps its sums exact", () => {
  expect(summarizeScheme(build()).exactness).toBeUndefined();
  expect(summarizeScheme(build({ precise: true })).exactness).toBe("precise");
  expect(summarizeScheme(build({ precise: true, reduce_range: true })).exactness).toBe("reduce_range precise");
});

test("every session of a configured engine gets the entries, beside its own", async () => {
  const seen: unknown[] = [];
  const engine: Engine = {
    name: "fake",
    version: "1",
    load: async (_, options) => {
      seen.push(options.extra);
      throw new Error("nothing to run");
    },
  };
  const options = { threads: 1, optimization: "all", extra: { b: "2" } } as const;
  await configured(engine, { a: "1" })
    .load("x", options)
    .catch(() => {});
  expect(seen).toEqual([{ a: "1", b: "2" }]);
  expect(configured(engine, undefined)).toBe(engine);
});
