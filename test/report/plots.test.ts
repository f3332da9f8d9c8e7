import { describe, expect, test } from "vitest";
import { layers } from "../../src/report/figures/layers.js";
import { pareto } from "../../src/report/figures/pareto.js";
import { reportFigures } from "../../src/report/figures/registry.js";
import type { TrialRecord } from "../../src/results/record.js";
import { completed, fp32, latency, report, sweep, twoBatches } from "./fixtures/sweep.js";

const minmax = sweep.filter(({ trial }) => trial === "sha256:s1");

describe("pareto", () => {
  test("gives each trial a point with asymmetric 95% error bars", () => {
    expect(pareto(minmax, "speedup", "accuracy").data).toEqual([
      {
        type: "scatter",
        mode: "markers",
        name: "static",
        legendgroup: "sha256:s1",
        showlegend: true,
        x: [2.9],
        y: [350 / 360],
        marker: { color: "#0072b2", symbol: "circle", size: 11 },
        error_x: {
          type: "data",
          symmetric: false,
          array: [expect.closeTo(0.05, 9)],
          arrayminus: [expect.closeTo(0.04, 9)],
          color: "#0072b280",
          thickness: 1.5,
          width: 0,
        },
        error_y: expect.objectContaining({ array: [0.9848 - 350 / 360], arrayminus: [350 / 360 - 0.9496] }),
        hovertemplate:
          "<b>%{fullData.name}</b><br>speedup over fp32: 2.90x (2.86x to 2.95x), batch 1<br>accuracy: 97.22% (94.96% to 98.48%)<extra></extra>",
      },
    ]);
  });

  test("of speeds 30 times apart draws logarithms, and says the values", () => {
    const trial = (speedup: number) =>
      completed({
        trial: `sha256:${speedup}`,
        scheme: { name: `x${speedup}`, mode: "static" },
        top1: { value: 0.5, ci95: [0.4, 0.6], n: 100 },
        drop: { value: 0, ci95: [0, 0] },
        flips: 0,
        latency: [latency(1 / speedup, speedup, [speedup / 10, speedup], "faster")],
        bytes: 1,
        sqnr: [],
      });
    const { data, layout } = pareto([trial(1), trial(100)], "speedup", "accuracy");
    expect(data.map((trace) => [trace.x, "error_x" in trace && trace.error_x?.arrayminus])).toEqual([
      [[0], [1]],
      [[2], [1]],
    ]);
    expect(data[1]?.hovertemplate).toContain("speedup over fp32: 100.0x (10.0x to 100.0x), batch 1");
    expect([layout.xaxis.ticktext, layout.xaxis.tickvals]).toEqual([
      ["0.10x", "1.00x", "10.0x", "100.0x"],
      [-1, 0, 1, 2],
    ]);
  });

  const lineOf = (
    records: readonly TrialRecord[],
    ...axes: Parameters<typeof pareto> extends [unknown, ...infer Rest] ? Rest : never
  ) => {
    const line = pareto(records, ...axes).data.find(({ mode }) => mode === "lines");
    return line && { x: line.x, y: line.y };
  };

  test("joins the trials that no other beats in both, whichever way is better", () => {
    const trial = (name: string, right: number, speedup: number, size: number) =>
      completed({
        trial: name,
        scheme: { name, mode: "static" },
        top1: { value: right, ci95: [right, right], n: 100 },
        drop: { value: 0, ci95: [0, 0] },
        flips: 0,
        latency: [latency(1 / speedup, speedup, [speedup, speedup], "faster")],
        bytes: size,
        sqnr: [],
      });
    const records = [
      trial("a", 0.9, 3, 10),
      trial("b", 0.95, 2, 20),
      trial("c", 0.94, 1.5, 5),
      trial("d", 0.97, 1, 40),
    ];
    expect(lineOf(records, "speedup", "accuracy")).toEqual({ x: [3, 2, 1], y: [0.9, 0.95, 0.97] });
    expect(lineOf(records, "size", "accuracy")).toEqual({ x: [5, 20, 40], y: [0.94, 0.95, 0.97] });
    expect(lineOf(records, "speedup", "size")).toEqual({ x: [3, 1.5], y: [10, 5] });
    expect(lineOf(records.slice(0, 1), "speedup", "accuracy")).toBeUndefined();
  });

  test("of relative errors the least is the best, in percent, and the axis says what it is", () => {
    const trial = (name: string, error: number, speedup: number) => {
      const estimate = { value: error, ci95: [error, error] } as const;
      const record = completed({
        ...{ trial: name, scheme: { name, mode: "static" }, top1: { ...estimate, n: 9 }, drop: estimate, flips: 0 },
        ...{ latency: [latency(1 / speedup, speedup, [speedup, speedup], "faster")], bytes: 9, sqnr: [] },
      });
      return { ...record, accuracy: { relativeError: { ...estimate, n: 9 }, drop: estimate } };
    };
    const records = [trial("a", 0.2, 3), trial("b", 0.01, 2), trial("c", 0.02, 1)];
    expect(lineOf(records, "speedup", "accuracy")).toEqual({ x: [3, 2], y: [0.2, 0.01] });
    const { yaxis } = pareto(records, "speedup", "accuracy").layout;
    expect(yaxis).toMatchObject({ title: { text: "error against fp32" }, tickformat: "~%" });
  });

  test("tells batch sizes apart by shape, with one legend entry a trial and one a batch size", () => {
    const { data } = pareto(twoBatches, "speedup", "accuracy");
    const fp32Points = data.filter(({ legendgroup }) => legendgroup === "sha256:f0");
    expect(fp32Points.map(({ showlegend, marker }) => [showlegend, marker])).toEqual([
      [true, { color: "#8a8f98", symbol: "circle", size: 11 }],
      [false, { color: "#8a8f98", symbol: "square", size: 11 }],
    ]);
    expect(data.slice(-2).map(({ name, x }) => [name, x])).toEqual([
      ["batch 1", [null]],
      ["batch 32", [null]],
    ]);
    // Latency and speedup of one batch size belong together, of two they do not.
    expect(
      pareto(twoBatches, "latency", "speedup").data.filter(({ legendgroup }) => legendgroup === "sha256:s1").length,
    ).toBe(2);
  });

  test("gives up to 35 trials looks that differ, fp32 none of them, and the same in every plot", () => {
    const many = Array.from({ length: 35 }, (_, i) => ({ ...(minmax[0] as TrialRecord), trial: `t${i}` }));
    const looks = (figure: ReturnType<typeof pareto>) =>
      new Map(figure.data.map(({ name, marker }) => [name, marker as { color: string; symbol: string }]));
    const points = looks(pareto([fp32, ...many], "speedup", "accuracy"));
    const lines = looks(layers([fp32, ...many]));
    const names = [...lines.keys()];
    expect(new Set(names.map((name) => `${points.get(name)?.color} ${points.get(name)?.symbol}`)).size).toBe(35);
    expect(names.map((name) => points.get(name)?.symbol)).toEqual(names.map((name) => lines.get(name)?.symbol));
    expect(points.get("fp32")?.symbol).toBe("cross");
  });

  test("of records without the metric is empty", () => {
    expect(pareto(sweep, "memory", "accuracy").data).toEqual([]);
    expect(pareto([], "speedup", "accuracy").data).toEqual([]);
  });
});

describe("layers", () => {
  test("are one line a trial in the model's order, with a gap where a layer is exact", () => {
    const { data, layout } = layers(sweep.filter(({ trial }) => ["sha256:f0", "sha256:w8"].includes(trial)));
    expect(data).toEqual([
      {
        type: "scatter",
        mode: "lines+markers",
        name: "w8",
        x: ["conv2d", "conv2d_1", "conv2d_2", "dense", "dense_1"],
        y: [null, null, null, 44.3, 46],
        marker: { color: "#0072b2", symbol: "circle", size: 8 },
        line: { color: "#0072b2", dash: "solid", width: 1.5 },
        connectgaps: false,
        hovertemplate: "<b>%{fullData.name}</b><br>%{x}: %{y:.1f} dB<extra></extra>",
      },
    ]);
    expect(layout.xaxis).toMatchObject({ type: "category", tickangle: 0, ticktext: data[0]?.x });
  });

  test("many long names are slanted and lose their middle on the axis only", () => {
    const [record] = minmax;
    if (record?.status !== "completed") throw new Error("the fixture has changed");
    const names = Array.from({ length: 7 }, (_, i) => `block_${i}_expand_and_project_conv`);
    const { data, layout } = layers([{ ...record, layers: names.map((layer) => ({ layer, sqnrDb: 30 })) }]);
    expect(data[0]?.x).toEqual(names);
    expect(layout.xaxis).toMatchObject({ tickangle: -45, tickvals: names });
    expect(layout.xaxis.ticktext?.slice(0, 2)).toEqual(["block_0_ex…ct_conv", "block_1_ex…ct_conv"]);
  });

  test("names are shown as they are, not read as markup", () => {
    const [record] = minmax;
    if (record?.status !== "completed") throw new Error("the fixture has changed");
    const odd = {
      ...record,
      scheme: { ...record.scheme, name: '<a href="x">s</a>' },
      layers: [{ layer: "<b>&", sqnrDb: 3 }],
    };
    expect(layers([odd]).data[0]).toMatchObject({ name: '&lt;a href="x"&gt;s&lt;/a&gt;', x: ["&lt;b&gt;&amp;"] });
  });
});

describe("the figures of a report", () => {
  test("are those that the program asked for, in its order, empty ones left out", () => {
    const titles = reportFigures({
      ...report,
      views: [{ kind: "layers", metric: "sqnr" }, { kind: "table" }, { kind: "pareto", x: "memory", y: "accuracy" }],
    }).map(({ title }) => title);
    expect(titles).toEqual(["Error by layer"]);
  });

  test("without any are accuracy over speed and size, and the layers", () => {
    const titles = reportFigures({ ...report, views: [{ kind: "table" }] }).map(({ title }) => title);
    expect(titles).toEqual(["Accuracy and speedup", "Accuracy and size", "Error by layer"]);
  });
});
