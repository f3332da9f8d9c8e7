import type { MetricName, View } from "../plan/plan.js";
import type { TrialRecord } from "../results/record.js";
import type { Figure } from "./figure.js";
import { layers } from "./layers.js";
import { pareto } from "./pareto.js";
import type { Report } from "./report.js";

/** A plot with its heading and a sentence that says what it shows. */
export interface TitledFigure {
  readonly title: string;
  readonly caption: string;
  readonly figure: Figure;
}

/** The plots that the program asked for; without any, accuracy over speed and size, and the layers. Empty plots are left out. */
export function reportFigures({ records, views = [] }: Report): readonly TitledFigure[] {
  const plots = views.filter((view) => view.kind !== "table");
  const shown = plots.length > 0 ? plots : defaults;
  return shown.map((view) => titledFigure(view, records)).filter(({ figure }) => figure.data.length > 0);
}

type Plot = Exclude<View, { readonly kind: "table" }>;

const defaults: readonly Plot[] = [
  { kind: "pareto", x: "speedup", y: "accuracy" },
  { kind: "pareto", x: "size", y: "accuracy" },
  { kind: "layers", metric: "sqnr" },
];

const names: Readonly<Record<MetricName, string>> = {
  accuracy: "accuracy",
  accuracy_drop: "accuracy drop",
  speedup: "speedup",
  latency: "latency",
  size: "size",
  size_reduction: "size reduction",
  memory: "memory",
  sqnr: "SQNR",
  flips: "flips",
};

/** One plot with its heading and caption; its figure may be empty. */
export function titledFigure(view: Plot, records: readonly TrialRecord[]): TitledFigure {
  if (view.kind === "layers") {
    return {
      title: "Error by layer",
      caption:
        "Signal to quantization noise of each layer's output against fp32, in the order of the model; higher is better.",
      figure: layers(records),
    };
  }
  const [x, y] = [names[view.x], names[view.y]];
  const figure = pareto(records, view.x, view.y);
  const line = figure.data.some(({ mode }) => mode === "lines");
  return {
    title: `${y.charAt(0).toUpperCase()}${y.slice(1)} and ${x}`,
    caption: [
      "One point a trial with its 95% intervals.",
      ...(figure.layout.shapes?.length ? ["The band is the interval that most of the points have."] : []),
      ...(line ? ["The dotted line joins the trials that no other beats in both."] : []),
    ].join(" "),
    figure,
  };
}
