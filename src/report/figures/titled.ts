import type { Figure } from "../figure.js";

/** A plot with its heading and a sentence that says what it shows. */
export interface TitledFigure {
  readonly title: string;
  readonly caption: string;
  readonly figure: Figure;
  /** Of the plot between its axes, pixels, where its rows need another than the usual. */
  readonly height?: number;
}

/** What is drawn where there is nothing to draw; never shown. */
export const nothing: Figure = {
  data: [],
  layout: {
    hovermode: "closest",
    legend: {},
    margin: { l: 60, r: 20, t: 16, b: 60 },
    xaxis: { automargin: true },
    yaxis: { automargin: true },
  },
};

/** Sentences of a caption; those that are empty are left out. */
export function sentences(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(" ");
}
