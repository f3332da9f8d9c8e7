import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import type { MetricName } from "../../src/plan/plan.js";
import type { Figure } from "../../src/report/figure.js";
import { layers } from "../../src/report/figures/layers.js";
import { pareto } from "../../src/report/figures/pareto.js";
import { reportFigures } from "../../src/report/figures/registry.js";
import { renderSvg, type SvgOptions } from "../../src/report/svg/render.js";
import { textWidth } from "../../src/report/text-width.js";
import { completed, fp32, latency, report, sweep, twoBatches } from "./fixtures/sweep.js";

const draw = (figure: Figure, options: Partial<SvgOptions> = {}) => renderSvg(figure, { title: "T", ...options });

/** librsvg reads the whole of it with a strict XML parser. */
const parsed = async (svg: string) => {
  const { width, height } = await sharp(Buffer.from(svg)).metadata();
  return { width, height };
};

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly text: string;
}

function elements(svg: string, name: string): readonly Element[] {
  return [...svg.matchAll(new RegExp(`<${name}((?: [a-z-]+="[^"]*")*)(?:/>|>([^<]*)</${name}>)`, "g"))].map(
    (found) => ({
      name,
      attributes: Object.fromEntries([...(found[1] ?? "").matchAll(/ ([a-z-]+)="([^"]*)"/g)].map(([, k, v]) => [k, v])),
      text: found[2] ?? "",
    }),
  );
}

const texts = (svg: string) => elements(svg, "text").map(({ text }) => text);

describe("the picture of a figure", () => {
  test("is one point, its two intervals, two axes, a band and a label where there are such", () => {
    const records = sweep.filter(({ trial }) => ["sha256:f0", "sha256:s1"].includes(trial));
    const svg = draw(pareto(records, "speedup", "accuracy"), { title: "Accuracy & speed", width: 500, height: 200 });
    expect(svg.replace(/<style>.*<\/style>/s, "<style/>")).toMatchInlineSnapshot(`
      "<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 500 307" width="500" height="307" role="img" aria-label="Accuracy &amp; speed." font-family="system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', sans-serif">
      <title>Accuracy &amp; speed</title>
      <style/>
      <rect width="500" height="307" rx="6" class="nibble-fill-ground" fill="#ffffff"/>
      <text x="16" y="25" dy="0.35em" font-size="16" font-weight="600" class="nibble-fill-text" fill="#1c2026">Accuracy &amp; speed</text>
      <line x1="97.17" y1="48" x2="97.17" y2="248" class="nibble-stroke-grid" stroke="#e6e9ee"/><line x1="188.8" y1="48" x2="188.8" y2="248" class="nibble-stroke-grid" stroke="#e6e9ee"/><line x1="280.42" y1="48" x2="280.42" y2="248" class="nibble-stroke-grid" stroke="#e6e9ee"/><line x1="372.04" y1="48" x2="372.04" y2="248" class="nibble-stroke-grid" stroke="#e6e9ee"/><line x1="463.67" y1="48" x2="463.67" y2="248" class="nibble-stroke-grid" stroke="#e6e9ee"/>
      <line x1="74.76" y1="235.37" x2="476" y2="235.37" class="nibble-stroke-grid" stroke="#e6e9ee"/><line x1="74.76" y1="187.36" x2="476" y2="187.36" class="nibble-stroke-grid" stroke="#e6e9ee"/><line x1="74.76" y1="139.36" x2="476" y2="139.36" class="nibble-stroke-grid" stroke="#e6e9ee"/><line x1="74.76" y1="91.36" x2="476" y2="91.36" class="nibble-stroke-grid" stroke="#e6e9ee"/>
      <line x1="96.26" y1="115.36" x2="98.09" y2="115.36" stroke="#8a8f98" stroke-opacity="0.5" stroke-width="1.5"/><line x1="97.17" y1="58.71" x2="97.17" y2="220" stroke="#8a8f98" stroke-opacity="0.5" stroke-width="1.5"/>
      <line x1="438.01" y1="128.69" x2="454.51" y2="128.69" stroke="#0072b2" stroke-opacity="0.5" stroke-width="1.5"/><line x1="445.34" y1="68.31" x2="445.34" y2="237.29" stroke="#0072b2" stroke-opacity="0.5" stroke-width="1.5"/>
      <path d="M445.34 128.69L97.17 115.36" fill="none" stroke="#8a8f98" stroke-width="1.5" stroke-dasharray="2 4" stroke-linejoin="round"/>
      <polygon points="94.97,108.76 99.37,108.76 99.37,113.16 103.77,113.16 103.77,117.56 99.37,117.56 99.37,121.96 94.97,121.96 94.97,117.56 90.57,117.56 90.57,113.16 94.97,113.16" fill="#8a8f98"/>
      <circle cx="445.34" cy="128.69" r="5.5" fill="#0072b2"/>
      <line x1="74.76" y1="48" x2="74.76" y2="248" class="nibble-stroke-line" stroke="#d9dde3"/><line x1="69.76" y1="235.37" x2="74.76" y2="235.37" class="nibble-stroke-line" stroke="#d9dde3"/><text x="65.76" y="235.37" dy="0.35em" font-size="12" text-anchor="end" class="nibble-fill-text" fill="#1c2026">95%</text><line x1="69.76" y1="187.36" x2="74.76" y2="187.36" class="nibble-stroke-line" stroke="#d9dde3"/><text x="65.76" y="187.36" dy="0.35em" font-size="12" text-anchor="end" class="nibble-fill-text" fill="#1c2026">96%</text><line x1="69.76" y1="139.36" x2="74.76" y2="139.36" class="nibble-stroke-line" stroke="#d9dde3"/><text x="65.76" y="139.36" dy="0.35em" font-size="12" text-anchor="end" class="nibble-fill-text" fill="#1c2026">97%</text><line x1="69.76" y1="91.36" x2="74.76" y2="91.36" class="nibble-stroke-line" stroke="#d9dde3"/><text x="65.76" y="91.36" dy="0.35em" font-size="12" text-anchor="end" class="nibble-fill-text" fill="#1c2026">98%</text><text x="22.5" y="148" dy="0.35em" font-size="13" text-anchor="middle" class="nibble-fill-text" fill="#1c2026" transform="rotate(-90 22.50 148.00)">accuracy</text>
      <line x1="74.76" y1="248" x2="476" y2="248" class="nibble-stroke-line" stroke="#d9dde3"/><line x1="97.17" y1="248" x2="97.17" y2="253" class="nibble-stroke-line" stroke="#d9dde3"/><text x="97.17" y="264" dy="0.35em" font-size="12" text-anchor="middle" class="nibble-fill-text" fill="#1c2026">1x</text><line x1="188.8" y1="248" x2="188.8" y2="253" class="nibble-stroke-line" stroke="#d9dde3"/><text x="188.8" y="264" dy="0.35em" font-size="12" text-anchor="middle" class="nibble-fill-text" fill="#1c2026">1.5x</text><line x1="280.42" y1="248" x2="280.42" y2="253" class="nibble-stroke-line" stroke="#d9dde3"/><text x="280.42" y="264" dy="0.35em" font-size="12" text-anchor="middle" class="nibble-fill-text" fill="#1c2026">2x</text><line x1="372.04" y1="248" x2="372.04" y2="253" class="nibble-stroke-line" stroke="#d9dde3"/><text x="372.04" y="264" dy="0.35em" font-size="12" text-anchor="middle" class="nibble-fill-text" fill="#1c2026">2.5x</text><line x1="463.67" y1="248" x2="463.67" y2="253" class="nibble-stroke-line" stroke="#d9dde3"/><text x="463.67" y="264" dy="0.35em" font-size="12" text-anchor="middle" class="nibble-fill-text" fill="#1c2026">3x</text><text x="275.38" y="286.5" dy="0.35em" font-size="13" text-anchor="middle" class="nibble-fill-text" fill="#1c2026">speedup over fp32</text>
      <line x1="101.1" y1="109.57" x2="106.17" y2="102.11" stroke="#8a8f98" stroke-width="1"/><text x="106.17" y="96.36" dy="0.35em" font-size="11.5" class="nibble-fill-text" fill="#1c2026">fp32</text>
      <line x1="449.28" y1="122.9" x2="454.34" y2="115.44" stroke="#8a8f98" stroke-width="1"/><text x="444.49" y="109.69" dy="0.35em" font-size="11.5" class="nibble-fill-text" fill="#1c2026">static</text>
      </svg>
      "
    `);
  });

  test("has a marker for every value of every trace, a line for every run of layers, and all texts", () => {
    for (const figure of [
      pareto(sweep, "speedup", "accuracy"),
      pareto(sweep, "size", "accuracy"),
      pareto(twoBatches, "latency", "accuracy"),
      layers(sweep),
    ]) {
      const svg = draw(figure);
      const marked = figure.data.filter(({ marker }) => marker !== undefined);
      const values = marked.flatMap(({ x, y }) => x.filter((value, i) => value !== null && y[i] !== null)).length;
      const { showlegend } = figure.layout;
      const entries = showlegend === false ? [] : figure.data.filter((trace) => trace.showlegend !== false);
      const marks = elements(svg, "circle").length + elements(svg, "polygon").length;
      expect(marks).toBe(values + entries.filter(({ marker }) => marker !== undefined).length);
      const shown = texts(svg);
      for (const { name } of entries) expect(shown).toContain(name);
      for (const { text } of figure.layout.annotations ?? []) expect(shown).toContain(text);
      for (const text of figure.layout.xaxis.ticktext ?? []) expect(shown).toContain(text);
      expect(shown).toContain(figure.layout.yaxis.title?.text);
    }
  });

  test("puts values where the axis's ticks say they are", () => {
    const figure = pareto(sweep, "speedup", "accuracy");
    const svg = draw({ ...figure, layout: { ...figure.layout, showlegend: false } });
    const tick = (text: string, key: "x" | "y") => {
      const found = elements(svg, "text").find((element) => element.text === text);
      return Number(found?.attributes[key]);
    };
    const [one, two, low, high] = [tick("1x", "x"), tick("2x", "x"), tick("92%", "y"), tick("98%", "y")];
    const dynamic = elements(svg, "circle").find(({ attributes }) => attributes.fill === "#0072b2")?.attributes;
    expect(Number(dynamic?.cx)).toBeCloseTo(one + (0.411 - 1) * (two - one), 1);
    expect(Number(dynamic?.cy)).toBeCloseTo(low + ((351 / 360 - 0.92) / 0.06) * (high - low), 1);
  });

  test("leaves a gap where a layer is exact, and draws no line to a point alone", () => {
    const gap = (sqnr: readonly (number | null)[]) =>
      elements(draw(layers([completed({ ...base, trial: "g", sqnr })])), "path").map(({ attributes }) =>
        attributes.d?.replace(/[\d. -]+/g, ""),
      );
    expect(gap([10, 20, null, 30, 40])[0]).toBe("MLML");
    expect(gap([null, null, 30, null, null])).toEqual(["ML"]); // the legend's sample
  });

  test("says in words what it shows, follows the reader's light or dark setting, and loads and runs nothing", () => {
    const svg = draw(layers(sweep), { title: "Error by layer", caption: "Higher is better." });
    expect(svg).toMatch(
      /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" [^>]*role="img" aria-label="Error by layer\. Higher is better\."/,
    );
    expect(svg).toContain("<title>Error by layer</title>");
    expect(svg).toContain("prefers-color-scheme: dark");
    expect(svg).not.toMatch(/<script|<image|<use|href|url\(|\bid=|\bon[a-z]+=/);
  });
});

const base = {
  trial: "b",
  scheme: { name: "static", mode: "static" },
  top1: { value: 0.9, ci95: [0.88, 0.92] as const, n: 100 },
  drop: { value: 0, ci95: [0, 0] as const },
  flips: 0,
  latency: [latency(0.5, 2, [1.9, 2.1], "2.00x faster")],
  bytes: 1000,
  sqnr: [],
};

describe("labels of points", () => {
  const many = (count: number) => [
    fp32,
    ...Array.from({ length: count }, (_, i) =>
      completed({
        ...base,
        trial: `t${i}`,
        scheme: { name: `scheme_${i}`, mode: "static" },
        latency: [latency(0.5, 1.4 + 0.13 * ((i * 7) % count), [1.3, 1.6], "faster")],
      }),
    ),
  ];

  const boxes = (figure: Figure) => {
    const svg = draw(figure, { width: 740, height: 290 });
    const labels = new Set(figure.layout.annotations?.map(({ text }) => text));
    return elements(svg, "text")
      .filter(({ text, attributes }) => labels.has(text) && attributes["font-size"] === "11.5")
      .map(({ text, attributes }) => {
        const width = textWidth(text, 11.5);
        const anchor = attributes["text-anchor"] ?? "start";
        const left = Number(attributes.x) - (anchor === "start" ? 0 : anchor === "end" ? width : width / 2);
        return { text, left, right: left + width, y: Number(attributes.y) };
      });
  };

  test.each([[3], [9], [15]])("of %i trials on one accuracy never cover one another", (count) => {
    const placed = boxes(pareto(many(count), "speedup", "accuracy"));
    expect(placed.length).toBeGreaterThan(count / 2);
    const covering = placed.flatMap((a, i) =>
      placed.slice(i + 1).filter((b) => Math.abs(a.y - b.y) < 12 && a.left < b.right && b.left < a.right),
    );
    expect(covering).toEqual([]);
  });

  test("of a great many trials are only those that stand out; the legend names all", () => {
    const figure = pareto(many(40), "speedup", "accuracy");
    expect(figure.layout.annotations?.map(({ text }) => text)).toContain("fp32");
    expect(figure.layout.annotations?.length).toBeLessThan(4);
    expect(figure.layout.showlegend).toBe(true);
  });

  test("replace the legend where every point has one", () => {
    expect(pareto(many(3), "speedup", "accuracy").layout.showlegend).toBe(false);
  });
});

test("an accuracy that most trials share is one band instead of a fence of bars", () => {
  const records = ["a", "b", "c"].map((trial) => completed({ ...base, trial }));
  const { data, layout } = pareto(records, "speedup", "accuracy");
  expect(layout.shapes?.map(({ yref, y0, y1 }) => ({ yref, y0, y1 }))).toEqual([
    { yref: "paper", y0: 0, y1: 1 },
    { yref: "y", y0: 0.88, y1: 0.92 },
  ]);
  expect(data.some((trace) => "error_y" in trace)).toBe(false);
  expect(reportFigures({ ...report, records }).map(({ caption }) => caption)[0]).toContain("The band is the interval");
  // Two that agree could be chance.
  expect(pareto(records.slice(0, 2), "speedup", "accuracy").layout.shapes).toEqual([]);
});

describe("whatever the records", () => {
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
  const positive = fc.double({ noNaN: true, min: 5e-324, max: Number.MAX_VALUE });
  const fraction = fc.double({ noNaN: true, min: 0, max: 1 });
  const interval = (value: fc.Arbitrary<number>) =>
    fc.tuple(value, value, value).map((three) => {
      const [low, middle, high] = [...three].sort((a, b) => a - b) as [number, number, number];
      return { value: middle, ci95: [low, high] as const };
    });
  const record = fc
    .record({
      name: fc.string({ unit: "binary" }),
      top1: interval(fraction),
      drop: interval(finite),
      speedup: interval(positive),
      ms: positive,
      bytes: fc.nat(),
      sqnr: fc.array(fc.option(finite), { maxLength: 12 }),
      layer: fc.string({ unit: "binary", maxLength: 40 }),
    })
    .map(({ name, top1, drop, speedup, ms, bytes, sqnr, layer }) => ({
      ...completed({
        trial: name,
        scheme: { name, mode: "static" },
        top1: { ...top1, n: 100 },
        drop,
        flips: bytes,
        latency: [latency(ms, speedup.value, speedup.ci95, "verdict")],
        bytes,
        sqnr,
      }),
      layers: sqnr.map((sqnrDb, i) => ({ layer: `${layer}${i}`, sqnrDb })),
    }));
  const metrics: readonly MetricName[] = ["accuracy", "accuracy_drop", "speedup", "latency", "size", "size_reduction"];

  test("the picture is well-formed XML without NaN", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(record, { maxLength: 5 }),
        fc.constantFrom(...metrics),
        fc.constantFrom(...metrics),
        async (records, x, y) => {
          for (const figure of [pareto(records, x, y), layers(records)]) {
            const svg = draw(figure, { title: records[0]?.scheme.name ?? "", caption: records[1]?.scheme.name ?? "" });
            expect(svg.replace(/>[^<]*</g, "><")).not.toMatch(/NaN|Infinity|undefined/);
            expect((await parsed(svg)).width).toBe(900);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

test("names are text, whatever they hold", async () => {
  const name = `</text><script>alert(1)</script>&amp;"\u0000\uD800`;
  const svg = draw(layers([completed({ ...base, scheme: { name, mode: "static" }, sqnr: [1, 2] })]), { title: name });
  expect(svg).not.toContain("<script");
  expect(texts(svg)).toContain("&lt;/text&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;&quot; \uFFFD");
  expect((await parsed(svg)).width).toBe(900);
});
