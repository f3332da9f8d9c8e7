import type { Bars, Colour } from "../figure.js";
import type { Frame } from "./marks.js";
import { element } from "./markup.js";
import { paint } from "./palette.js";
import type { Scale } from "./scale.js";

/** The bars of one trace, cut at the plot's edges. */
export function bars(trace: Bars, scales: { readonly x: Scale; readonly y: Scale }, frame: Frame): string {
  const isUpright = trace.orientation === "v";
  const [middles, lengths] = isUpright ? [trace.x, trace.y] : [trace.y, trace.x];
  const drawn = middles.map((middle, i) => {
    const [base, length] = [trace.base[i] ?? 0, lengths[i] ?? 0];
    const [stand, reach] = isUpright ? [scales.x, scales.y] : [scales.y, scales.x];
    const width = typeof trace.width === "number" ? trace.width : (trace.width[i] ?? 0);
    const foot = [stand.at(middle - width / 2), stand.at(middle + width / 2)] as const;
    const rise = [reach.at(base), reach.at(base + length)] as const;
    return isUpright ? area(foot, rise, trace.marker.color, frame) : area(rise, foot, trace.marker.color, frame);
  });
  return drawn.join("");
}

type Side = readonly [number | undefined, number | undefined];

/** A rectangle between shares of both axes, in either order; what lies outside of the plot is cut off. */
export function area(across: Side, up: Side, colour: Colour, { left, right, top, bottom }: Frame): string {
  const [x0, x1] = ordered(across);
  const [y0, y1] = ordered(up);
  const box = {
    x: left + x0 * (right - left),
    y: bottom - y1 * (bottom - top),
    width: (x1 - x0) * (right - left),
    height: (y1 - y0) * (bottom - top),
  };
  return element("rect", { ...box, ...paint("fill", colour) });
}

function ordered([a = 0, b = 0]: Side): readonly [number, number] {
  const [from, to] = [inside(a), inside(b)];
  return from <= to ? [from, to] : [to, from];
}

function inside(at: number): number {
  return Math.min(1, Math.max(0, at));
}
