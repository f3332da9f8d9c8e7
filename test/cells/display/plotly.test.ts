import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { toBundle } from "../../../src/cells/display/to-bundle.js";

const forms = async (value: unknown) => (await toBundle(value)).data;
const picture = async (value: unknown) => String((await forms(value))["image/svg+xml"]);
const count = (svg: string, element: string) => svg.split(`<${element} `).length - 1;
const grounds = 1;

describe("a plotly figure", () => {
  test("is its JSON, a picture and words, and never HTML", async () => {
    const figure = { data: [{ x: new Float32Array([1, 2]), y: [3, Number.NaN] }], layout: { title: "A <b>b</b>" } };
    expect(await forms(figure)).toEqual({
      "application/vnd.plotly.v1+json": { data: [{ x: [1, 2], y: [3, null] }], layout: { title: "A <b>b</b>" } },
      "image/svg+xml": expect.stringContaining(">A b</text>"),
      "text/plain": '[plotly figure "A b": 1 scatter]',
    });
  });

  test("of points has a mark for each", async () => {
    expect(count(await picture({ data: [{ y: [1, 2, 3], mode: "markers" }], layout: {} }), "circle")).toBe(3);
  });

  test("of bars has one for each, side by side or stacked", async () => {
    const data = [
      { type: "bar", x: ["a", "b"], y: [3, 1] },
      { type: "bar", x: ["a", "b"], y: [2, 2] },
    ];
    for (const barmode of ["group", "stack"]) {
      expect(count(await picture({ data, layout: { barmode, showlegend: false } }), "rect")).toBe(4 + grounds);
    }
    const tall = (svg: string) => Math.max(...[...svg.matchAll(/<text[^>]*>(\d+)<\/text>/g)].map(([, n]) => Number(n)));
    expect(tall(await picture({ data, layout: { barmode: "stack" } }))).toBe(5);
    expect(tall(await picture({ data, layout: {} }))).toBe(3);
  });

  test("of a histogram counts every value once", async () => {
    const svg = await picture({
      data: [{ type: "histogram", x: [1, 1, 1, 9], nbinsx: 2 }],
      layout: { showlegend: false },
    });
    const heights = [...svg.matchAll(/<rect x="[^"]*" y="[^"]*" width="[^"]*" height="([\d.]+)" fill="#1f77b4"/g)];
    expect(heights.map(([, height]) => Number(height)).filter((height) => height > 0)).toHaveLength(2);
  });

  test("of a heat map has an area for each cell and says what the colours mean", async () => {
    const data = await forms({
      data: [
        {
          type: "heatmap",
          z: [
            [0, 1],
            [2, null],
          ],
        },
      ],
      layout: {},
    });
    expect(count(String(data["image/svg+xml"]), "rect")).toBe(3 + grounds);
    expect(data["text/plain"]).toBe("[plotly figure: 1 heatmap]\nDark is 0, light is 2.");
  });

  test.each([
    [{ data: [{ type: "pie", values: [1, 2] }], layout: {} }, "traces of type pie"],
    [{ data: [{ y: [1, 10] }], layout: { yaxis: { type: "log" } } }, "logarithmic axes"],
    [{ data: [{ y: [1] }, { y: [2], yaxis: "y2" }], layout: {} }, "several pairs of axes"],
  ])("that cannot be drawn faithfully says why (%#)", async (figure, reason) => {
    expect((await picture(figure)).replace(/<[^>]*>/g, " ")).toContain(`This figure has no static picture: ${reason}.`);
  });

  test("of which a part cannot be drawn says which", async () => {
    const figure = {
      data: [
        { y: [1, 2], fill: "tozeroy" },
        { type: "box", y: [1, 2] },
      ],
      layout: {},
    };
    expect((await forms(figure))["text/plain"]).toBe(
      "[plotly figure: 1 scatter, 1 box]\nNot drawn in this picture: traces of type box, filled areas.",
    );
  });

  test("of very many marks is a PNG", async () => {
    const y = Array.from({ length: 5000 }, (_, i) => Math.sin(i));
    expect(Object.keys(await forms({ data: [{ y, mode: "markers" }], layout: {} })).sort()).toEqual([
      "application/vnd.plotly.v1+json",
      "image/png",
      "text/plain",
    ]);
  });

  test("whose ticks have a format that d3 does not know gets plain ticks", async () => {
    for (const tickformat of [".", ",.", ".2", ".1%"]) {
      expect(await picture({ data: [{ y: [1, 2] }], layout: { yaxis: { tickformat } } })).toMatch(/^<svg /);
    }
  });

  test("of any values whatever gives well-formed XML", async () => {
    const value = fc.oneof(
      fc.double(),
      fc.integer(),
      fc.string(),
      fc.constant(null),
      fc.boolean(),
      fc.constant("2024-01-31"),
    );
    const list = fc.array(value, { maxLength: 12 });
    const type = fc.constantFrom("scatter", "bar", "histogram", "heatmap", "scattergl", undefined);
    const trace = fc.record(
      { type, x: list, y: list, z: fc.array(list, { maxLength: 4 }), name: fc.string() },
      { requiredKeys: ["y"] },
    );
    const axis = fc.record(
      { title: fc.string(), range: fc.array(fc.double()), tickformat: fc.string() },
      { requiredKeys: [] },
    );
    const layout = fc.record(
      { title: fc.string(), barmode: fc.constantFrom("stack", "overlay"), xaxis: axis, yaxis: axis },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(trace, { minLength: 1, maxLength: 3 }), layout, async (data, given) => {
        const svg = await picture({ data, layout: given });
        expect(svg).not.toContain("NaN");
        expect((await sharp(Buffer.from(svg)).metadata()).width).toBeGreaterThan(0);
      }),
      { numRuns: 150 },
    );
  });
});

test("data with a layout that is no figure is shown as Node prints it", async () => {
  expect(Object.keys(await forms({ data: ["a"], layout: {} }))).toEqual(["text/plain"]);
  expect(Object.keys(await forms({ data: { x: 1 }, status: 200 }))).toEqual(["text/plain"]);
});
