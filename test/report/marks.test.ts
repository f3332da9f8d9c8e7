import fc from "fast-check";
import { expect, test } from "vitest";
import { polyline } from "../../src/report/svg/marks.js";

const line = { color: "#000000", width: 1, dash: "solid" } as const;
const frame = { left: 0, right: 100, top: 0, bottom: 100 };
const path = (svg: string) => / d="([^"]*)"/.exec(svg)?.[1] ?? "";

test("a line is cut where it leaves the plot, and goes on where it comes back", () => {
  const places = [
    { x: 50, y: 50 },
    { x: 150, y: 50 },
    { x: 50, y: 150 },
    { x: 50, y: 50 },
  ];
  expect(path(polyline(places, line, frame))).toBe("M50 50L100 50M100 100L100 100M50 100L50 50");
  expect(path(polyline(places, line))).toBe("M50 50L150 50L50 150L50 50");
});

test("a line with a gap, and one that lies outside", () => {
  expect(path(polyline([{ x: 1, y: 2 }, { x: 3, y: 4 }, undefined, { x: 5, y: 6 }, { x: 7, y: 8 }], line))).toBe(
    "M1 2L3 4M5 6L7 8",
  );
  expect(
    polyline(
      [
        { x: -5, y: 2 },
        { x: -3, y: 90 },
      ],
      line,
      frame,
    ),
  ).toBe("");
});

test("whatever the line, nothing is drawn outside of the plot", () => {
  const place = fc.record({
    x: fc.double({ min: -900, max: 900, noNaN: true }),
    y: fc.double({ min: -900, max: 900, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(place, { maxLength: 8 }), (places) => {
      const numbers = path(polyline(places, line, frame)).match(/-?[\d.]+/g) ?? [];
      expect(numbers.every((text) => Number(text) >= -0.01 && Number(text) <= 100.01)).toBe(true);
    }),
  );
});
