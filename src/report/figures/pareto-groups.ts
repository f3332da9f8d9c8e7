import type { MetricValue } from "../../results/metric.js";
import type { CompletedRecord } from "../../results/record.js";
import type { Scatter } from "../figure.js";
import { plotText } from "../markup.js";
import { isBaseline } from "../rows.js";
import { neutralColour, styleAt } from "./trial-style.js";

/** Trials whose looks differ; of more, those of one scheme look alike. */
export const MOST_LOOKS = 35;

interface Point {
  readonly record: CompletedRecord;
  readonly drawn: { readonly x: MetricValue; readonly y: MetricValue };
}

/** One trace a scheme, its trials told apart by hover alone, without their intervals: hundreds of bars hide the points. */
export function schemeTraces<P extends Point>(points: readonly P[], hover: (point: P) => string): readonly Scatter[] {
  const names = [
    ...new Set(points.filter(({ record }) => !isBaseline(record)).map(({ record }) => record.scheme.name)),
  ];
  const groups = new Map<string, P[]>();
  for (const point of points) {
    const group = groups.get(point.record.scheme.name);
    if (group) group.push(point);
    else groups.set(point.record.scheme.name, [point]);
  }
  return [...groups].map(([name, group]): Scatter => {
    const isFloat = group.every(({ record }) => isBaseline(record));
    const { color, symbol } = isFloat
      ? ({ color: neutralColour, symbol: "cross" } as const)
      : styleAt(names.indexOf(name));
    return {
      type: "scatter",
      mode: "markers",
      name: plotText(name),
      legendgroup: name,
      x: group.map(({ drawn }) => drawn.x.value),
      y: group.map(({ drawn }) => drawn.y.value),
      marker: { color, symbol, size: isFloat ? 11 : 8 },
      text: group.map(hover),
      hovertemplate: "%{text}<extra></extra>",
    };
  });
}
