import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { plainViews } from "../../src/plan/plan.js";
import type { Figure } from "../../src/report/figure.js";
import { layerTimes } from "../../src/report/figures/nodes.js";
import { reportFigures, titledFigure } from "../../src/report/figures/registry.js";
import { layerNoise } from "../../src/report/figures/sensitivity.js";
import type { Report } from "../../src/report/report.js";
import { renderSvg } from "../../src/report/svg/render.js";
import type { CompletedRecord, TrialRecord } from "../../src/results/record.js";
import { filled, fullReport, fullSweep } from "./fixtures/full.js";
import { sweep } from "./fixtures/sweep.js";

const draw = ({ figure, title, caption, height }: ReturnType<typeof titledFigure>) =>
  renderSvg(figure, { title, caption, ...(height === undefined ? {} : { height }) });

/** Edges of the rectangles that bars are, as they are drawn. */
const rectangles = (svg: string) =>
  [...svg.matchAll(/<rect x="([^"]+)" y="([^"]+)" width="([^"]+)" height="([^"]+)" fill="(#[0-9a-f]{6})"/g)].map(
    ([, x, y, width, height, fill]) => ({
      ...{
        left: Number(x),
        right: Number(x) + Number(width),
        top: Number(y),
        bottom: Number(y) + Number(height),
        fill,
      },
    }),
  );

test("a report with everything draws every view, and each by its name alone", () => {
  expect(reportFigures(fullReport).map(({ view, title }) => `${view}: ${title}`)).toEqual([
    "pareto: Accuracy and speedup",
    "pareto: Accuracy and size",
    "layers: Error by layer",
    "sensitivity: Sensitivity of layers",
    "split: Weights or activations",
    "histograms: Ranges of activations",
    "calibration: Calibration samples",
    "confusion: Flips by class",
    "gap: Simulated and executed",
    "latency: Latency samples",
    "roofline: Roofline",
    "nodes: Time by layer: static entropy",
    "nodes: Time by layer: dynamic",
  ]);
  for (const kind of plainViews) {
    const shown = reportFigures({ ...fullReport, views: [{ kind }] });
    expect(shown.length, kind).toBeGreaterThan(0);
    expect(new Set(shown.map(({ view }) => view))).toEqual(new Set([kind]));
  }
});

test("without what they show the views draw nothing, and no figure is blank", () => {
  for (const kind of plainViews)
    expect(titledFigure({ kind }, { ...fullReport, records: sweep, diagnoses: [] }).figure.data).toEqual([]);
  expect(reportFigures({ ...fullReport, records: [], diagnoses: [] })).toEqual([]);
});

describe("sensitivity", () => {
  test("is the noise of each layer as a share of the trial's: 10 dB above the whole is a tenth", () => {
    const drop = { value: 0, ci95: [0, 0] as const };
    const arm = (sqnrDb: number | null) => ({ drop, sqnrDb });
    const layer = (name: string, alone: number | null, kept: number | null) => ({
      ...{ layer: name, alone: arm(alone), kept: arm(kept), gain: drop },
    });
    const found = layerNoise({
      ...{ metric: "top1", all: arm(20), weightsOnly: arm(25), samples: 10, findings: [] },
      layers: [layer("a", 30, 20), layer("b", 20, null), layer("c", null, 17)],
    });
    const rounded = found?.map(({ layer: name, alone, saved }) => [name, alone.toFixed(3), saved.toFixed(3)]);
    expect(rounded).toEqual([
      ["b", "1.000", "1.000"],
      ["a", "0.100", "0.000"],
      ["c", "0.000", "-0.995"],
    ]);
  });

  test("of a trial without noise is nothing", () => {
    const [diagnosis] = fullReport.diagnoses ?? [];
    if (!diagnosis) throw new Error("the fixture has changed");
    const exact = {
      ...diagnosis,
      diagnosis: { ...diagnosis.diagnosis, all: { ...diagnosis.diagnosis.all, sqnrDb: null } },
    };
    expect(titledFigure({ kind: "sensitivity" }, { ...fullReport, diagnoses: [exact] }).figure.data).toEqual([]);
  });
});

test("times of nodes add up by layer, and by operator where they belong to none", () => {
  const node = (operator: string, microseconds: number, layer?: string) => ({
    ...{ node: `${operator}_${microseconds}`, operator, microseconds, ...(layer === undefined ? {} : { layer }) },
  });
  expect(
    layerTimes(
      [node("Conv", 10, "a"), node("Relu", 1, "a"), node("Gemm", 5, "b")],
      [node("QLinearConv", 3, "a"), node("QGemm", 4, "b"), node("QuantizeLinear", 2), node("QuantizeLinear", 1)],
    ),
  ).toEqual([
    { name: "b", baseline: 5, trial: 4, operators: { baseline: ["Gemm"], trial: ["QGemm"] } },
    { name: "a", baseline: 11, trial: 3, operators: { baseline: ["Conv", "Relu"], trial: ["QLinearConv"] } },
    { name: "(QuantizeLinear)", baseline: 0, trial: 3, operators: { baseline: [], trial: ["QuantizeLinear"] } },
  ]);
});

describe("of many trials", () => {
  const many: readonly TrialRecord[] = [
    ...fullSweep.slice(0, 1),
    ...Array.from({ length: 60 }, (_, i): TrialRecord => {
      const record = fullSweep[2] as CompletedRecord;
      const top1 = { value: 0.9 + i / 1000, ci95: [0.8, 1] as const, n: 360 };
      return {
        ...record,
        trial: `t${i}`,
        scheme: { ...record.scheme, samples: i + 1 },
        accuracy: { ...record.accuracy, top1 } as NonNullable<CompletedRecord["accuracy"]>,
      };
    }),
  ];

  test("the best and the worst are drawn, and it is said how many are not", () => {
    const { caption, figure } = titledFigure({ kind: "latency" }, { ...fullReport, records: many });
    expect(caption).toContain(
      "8 of 60 trials: the best and the worst in accuracy, speed and size, others evenly from the plan.",
    );
    const names = figure.data.map(({ name }) => name);
    for (const name of ["static n=1", "static n=60"]) expect(names).toContain(name);
  });

  test("one that is asked for is drawn alone", () => {
    const { figure } = titledFigure({ kind: "split" }, { ...fullReport, records: many }, "t17");
    expect(figure.layout.yaxis.ticktext).toEqual(["static n=18"]);
  });

  test("a page holds the samples of those that are drawn, not of all", () => {
    const points = titledFigure({ kind: "latency" }, { ...fullReport, records: many }).figure.data.flatMap(
      ({ x }) => x,
    );
    expect(points.length).toBeLessThan(8 * 2 * 80);
  });
});

test("bars stand where the axis's rows are, as long as their values, in plotly's figure and in the picture", () => {
  const titled = titledFigure({ kind: "nodes" }, fullReport);
  const bars = titled.figure.data.filter((trace) => trace.type === "bar");
  expect(titled.figure.layout.barmode).toBe("overlay");
  const drawn = rectangles(draw(titled)).filter(({ fill }) => fill === bars[1]?.marker.color);
  const lengths = bars[1]?.x ?? [];
  // The last is the legend's square; the first rows lie above the later ones.
  expect(
    drawn
      .slice(0, lengths.length)
      .map(({ left, right }) => (right - left) / ((drawn[0]?.right ?? 1) - (drawn[0]?.left ?? 0))),
  ).toEqual(lengths.map((length) => expect.closeTo(length / (lengths[0] ?? 1), 2)));
  const tops = drawn.slice(0, lengths.length).map(({ top }) => top);
  expect(tops).toEqual([...tops].sort((a, b) => a - b));
});

describe("whatever the records", () => {
  const name = fc.string({ unit: "binary", maxLength: 80 });
  const positive = fc.double({ noNaN: true, min: 1e-300, max: 1e300 });
  const any = fc.double({ noNaN: true, noDefaultInfinity: true });
  const decibels = fc.option(fc.double({ noNaN: true, min: -200, max: 200 }));
  const changed = fc.record({
    name,
    times: fc.array(positive, { minLength: 1, maxLength: 6 }),
    ends: fc
      .tuple(any, any, any, any)
      .map((four) => [...four].sort((a, b) => a - b) as [number, number, number, number]),
    histogram: fc.array(fc.nat(), { minLength: 1, maxLength: 32 }),
    noise: decibels,
    steps: fc.double({ noNaN: true, min: 0, max: 255 }),
    rate: positive,
    count: fc.nat(1000),
  });
  const report = fc.array(changed, { minLength: 1, maxLength: 3 }).map((changes): Report => {
    const records = changes.map((change, i): TrialRecord => {
      const record = filled(fullSweep[2] as TrialRecord, i, [change.name, "b"]) as CompletedRecord;
      const [low, chosenLow, chosenHigh, high] = change.ends;
      const drop = { value: 0, ci95: [0, 0] as const };
      return {
        ...record,
        trial: `t${i}`,
        scheme: { ...record.scheme, name: change.name },
        ...(record.latency
          ? {
              latency: record.latency.map((each) => ({
                ...each,
                medianMs: change.rate,
                samples: [
                  { baselineMs: change.times, trialMs: change.times, control: { baselineMs: [], againMs: [] } },
                ],
              })),
            }
          : {}),
        ranges: [
          {
            value: change.name,
            seen: [low, high],
            chosen: [chosenLow, chosenHigh],
            saturated: 0.5,
            histogram: change.histogram,
          },
        ],
        split: {
          samples: 1,
          all: { drop, sqnrDb: change.noise },
          weightsOnly: { drop, sqnrDb: change.noise },
          activationsOnly: { drop, sqnrDb: change.noise },
        },
        gap: {
          accuracy: 0,
          maxSteps: change.steps,
          samples: 1,
          layers: [{ layer: change.name, maxSteps: change.steps }],
        },
        accuracy: { ...record.accuracy, drop, confusion: [{ from: change.name, to: "x", count: change.count }] },
      };
    });
    return { ...fullReport, records };
  });

  test("each picture is well-formed XML of finite numbers, and its bars lie in the plot", async () => {
    await fc.assert(
      fc.asyncProperty(report, async (found) => {
        for (const kind of plainViews) {
          const titled = titledFigure({ kind }, found);
          const svg = draw(titled);
          expect(svg.replace(/>[^<]*</g, "><").replace(/aria-label="[^"]*"/, "")).not.toMatch(/NaN|Infinity|undefined/);
          expect((await sharp(Buffer.from(svg)).metadata()).width).toBe(900);
          for (const { left, right } of rectangles(svg)) expect(left >= 0 && right <= 900).toBe(true);
          expect(allFinite(titled.figure)).toBe(true);
        }
      }),
      { numRuns: 40 },
    );
  });

  const allFinite = ({ data }: Figure) =>
    data.every((trace) =>
      [...trace.x, ...trace.y].every((value) => typeof value !== "number" || Number.isFinite(value)),
    );
});

test("past 35 trials the points of one scheme look alike and are told apart by hover", () => {
  const records = [
    ...fullSweep.slice(0, 1),
    ...Array.from({ length: 40 }, (_, i): TrialRecord => {
      const record = fullSweep[2] as CompletedRecord;
      return { ...record, trial: `t${i}`, scheme: { ...record.scheme, samples: i + 1 } };
    }),
  ];
  const { figure, caption } = titledFigure({ kind: "pareto", x: "speedup", y: "accuracy" }, { ...fullReport, records });
  const points = figure.data.filter(({ mode }) => mode === "markers");
  expect(points.map(({ name, x }) => [name, x.length])).toEqual([
    ["fp32", 1],
    ["static", 40],
  ]);
  expect(points[1]?.text?.[39]).toBe(
    "<b>static n=40</b><br>speedup over fp32: 2.90x (2.86x to 2.95x), batch 1<br>accuracy: 97.22% (94.96% to 98.48%)",
  );
  expect(caption).toContain("trials of one scheme look alike");
});
