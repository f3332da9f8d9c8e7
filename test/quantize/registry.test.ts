import { expect, test } from "vitest";
import { DiagnosticError, renderDiagnostic } from "../../src/base/diagnostic.js";
import type { Settings } from "../../src/base/option.js";
import { schemeDefinition, schemes } from "../../src/quantize/registry.js";

function build(mode: string, settings: Settings, name = mode) {
  const definition = schemeDefinition(mode);
  if (!definition) throw new Error(`no scheme ${mode}`);
  return definition.build(name, settings);
}

function rendered(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof DiagnosticError)
      return error.diagnostics.map((d) => renderDiagnostic(d, new Map())).join("\n");
    throw error;
  }
  return "no diagnostic";
}

test("the baseline is a scheme like the others, and comes first", () => {
  expect(schemes.map(({ name }) => name)).toEqual(["fp32", "dynamic", "static", "weight_only", "given", "stored"]);
});

test("absent settings take the defaults", () => {
  expect(["fp32", "dynamic", "static", "weight_only"].map((mode) => build(mode, {}))).toEqual([
    { name: "fp32", mode: "fp32", keep: {} },
    {
      name: "dynamic",
      mode: "dynamic",
      weights: { dtype: "int8", granularity: "per_channel" },
      activations: { dtype: "uint8" },
      method: "rtn",
      keep: {},
    },
    {
      name: "static",
      mode: "static",
      weights: { dtype: "int8", granularity: "per_channel" },
      activations: { dtype: "uint8" },
      calibration: { observer: "minmax", samples: 256 },
      method: "rtn",
      keep: {},
    },
    {
      name: "weight_only",
      mode: "weight_only",
      weights: { dtype: "int8", granularity: "group", group: 32 },
      method: "rtn",
      keep: {},
    },
  ]);
});

test("settings arrive in the scheme, phrases in any order", () => {
  const settings = {
    weights: [{ name: "per_tensor" }, { name: "int8" }],
    calibration: { name: "percentile", argument: 99.99 },
    samples: 64,
  };
  expect(build("static", settings, "mine")).toMatchObject({
    name: "mine",
    weights: { dtype: "int8", granularity: "per_tensor" },
    calibration: { observer: "percentile", percentile: 99.99, samples: 64 },
  });
  expect(build("weight_only", { weights: "int4", group: 128 }).weights).toEqual({
    dtype: "int4",
    granularity: "group",
    group: 128,
  });
});

test("percentile without a number keeps 99.9 percent", () => {
  expect(build("static", { calibration: { name: "percentile" } }).calibration).toEqual({
    observer: "percentile",
    percentile: 99.9,
    samples: 256,
  });
});

test("settings that contradict each other are refused with the way out", () => {
  const both = { weights: [{ name: "int4" }, { name: "per_channel" }], group: 32 };
  expect(rendered(() => build("weight_only", both, "w4"))).toMatchInlineSnapshot(`
    "error[scheme-conflict]: "w4" says both \`weights: int4 per_channel\` and \`group: 32\`: group and per_channel or per_tensor each say which weights share a scale
         = hint: keep one of the two"
  `);
  expect(rendered(() => build("weight_only", { group: 48 }, "w8"))).toMatchInlineSnapshot(`
    "error[group-size]: "w8" has group 48; groups have 16, 32, 64, 128 or 256 elements, as onnxruntime's kernel has them
         = hint: the nearest is 32; 32, 64 and 128 are usual"
  `);
  expect(rendered(() => build("weight_only", { group: 8 }))).toMatchInlineSnapshot(`
    "error[group-size]: "weight_only" has group 8; groups have 16, 32, 64, 128 or 256 elements, as onnxruntime's kernel has them
         = hint: the nearest is 16; 32, 64 and 128 are usual"
  `);
  expect(rendered(() => build("weight_only", { group: 512 }))).toMatchInlineSnapshot(`
    "error[group-size]: "weight_only" has group 512; groups have 16, 32, 64, 128 or 256 elements, as onnxruntime's kernel has them
         = hint: the nearest is 256; 32, 64 and 128 are usual"
  `);
});
