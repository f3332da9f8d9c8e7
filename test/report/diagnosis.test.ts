import { expect, test } from "vitest";
import { renderDiagnoses } from "../../src/report/diagnosis.js";
import type { DiagnosisRecord, DiagnosisResult } from "../../src/results/record.js";

const arm = (drop: number, sqnrDb: number | null) => ({
  drop: { value: drop, ci95: [drop - 0.01, drop + 0.01] as const },
  sqnrDb,
});
const layer = (name: string, sqnrDb: number | null) => ({
  ...{ layer: name, alone: arm(0.004, sqnrDb), kept: arm(0.001, 30) },
  gain: { value: 0.003, ci95: [0, 0.01] as const },
});

function recordOf(diagnosis: Partial<DiagnosisResult>): DiagnosisRecord {
  return {
    ...{ schemaVersion: 1, experiment: "e", trial: "sha256:1", status: "diagnosed" },
    scheme: { name: "static", mode: "static", execution: "executed" },
    manifest: {
      plan: "p",
      model: "m",
      data: "d",
      seed: 1,
      environment: {} as DiagnosisRecord["manifest"]["environment"],
    },
    diagnosis: {
      ...{ metric: "top1", all: arm(0.021, 18.25), weightsOnly: arm(-0.0001, null), layers: [], samples: 360 },
      findings: [],
      ...diagnosis,
    },
  };
}

test("findings, the arms, the layers and the growth of calibration, in at most 80 columns", () => {
  const text = renderDiagnoses(
    [],
    [
      recordOf({
        activationsOnly: arm(0.02, 19),
        layers: [
          layer("conv_1", 40),
          layer(`a_layer_with_a_name_that_is_${"very_".repeat(9)}long`, 21.5),
          layer("out", null),
        ],
        calibration: {
          ...{ samples: 32, leaked: 0 },
          growth: [
            { samples: 16, rangeChange: 0.123, drop: arm(0.03, 1).drop },
            { samples: 32, rangeChange: 0, drop: arm(0.021, 1).drop },
          ],
        },
        findings: [
          '"conv_1" alone makes 80% of the noise of all layers: `keep layers "conv_1" at fp32` brings the drop from 2.1% to 0.3%',
          `an unbroken word ${"x".repeat(90)}`,
        ],
      }),
    ],
  );
  expect(text).toMatchInlineSnapshot(`
    "diagnosis of static, over 360 test samples
      - "conv_1" alone makes 80% of the noise of all layers: \`keep layers "conv_1"
        at fp32\` brings the drop from 2.1% to 0.3%
      - an unbroken word
        xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx

                         drop     SQNR
      all                2.1%  18.3 dB
      weights alone      0.0%    exact
      activations alone  2.0%  19.0 dB

      layer                         alone: drop     SQNR  kept float: drop     SQNR
      conv_1                               0.4%  40.0 dB              0.1%  30.0 dB
      a_layer_with_a_name_that_is…         0.4%  21.5 dB              0.1%  30.0 dB
      out                                  0.4%    exact              0.1%  30.0 dB

      calibration samples  ranges off by  drop
      16                           12.3%  3.0%
      32                            0.0%  2.1%"
  `);
  for (const line of text.split("\n").filter((each) => !each.includes("xxx")))
    expect(line.length).toBeLessThanOrEqual(80);
});

test("of many layers those that make the most noise, in the order of the model", () => {
  const layers = Array.from({ length: 40 }, (_, i) => layer(`layer_${i}`, i % 2 === 0 ? 20 : 60));
  const text = renderDiagnoses([], [recordOf({ layers })]);
  expect(text).toContain("and 24 layers that make less noise");
  expect([...text.matchAll(/layer_(\d+)/g)].map(([, i]) => Number(i))).toEqual(
    Array.from({ length: 16 }, (_, i) => 2 * i),
  );
});

test("a relative error is no drop and has three digits", () => {
  const text = renderDiagnoses(
    [],
    [recordOf({ metric: "relative_error", all: arm(0.02134, 18), weightsOnly: arm(0.0002134, 50) })],
  );
  expect(text).toMatch(/^ +error +SQNR$/m);
  expect(text).toMatch(/all +2\.13% +18\.0 dB/);
  expect(text).toMatch(/weights alone +0\.021% +50\.0 dB/);
});

test("an error in the labels' unit has no percents", () => {
  expect(renderDiagnoses([], [recordOf({ metric: "mae", all: arm(0.02134, 18) })])).toMatch(/all +0\.0213 +18\.0 dB/);
});
