import type { Trace } from "./figure.js";
import { askedPlots, type Plot, reportFigures } from "./figures/registry.js";
import type { TitledFigure } from "./figures/titled.js";
import { plotText } from "./markup.js";
import { notebookHtml } from "./notebook-html.js";
import type { Report } from "./report.js";
import { renderSvg } from "./svg/render.js";
import { renderTable } from "./table.js";

/** One thing by MIME type; a notebook's frontend takes the richest that it can show. */
export interface MimeForms {
  readonly "text/plain": string;
  readonly [type: string]: unknown;
}

/** What a notebook shows unasked; the other figures are in the page, in `result.plot`, and shown where `show` names them. */
const mainViews: ReadonlySet<Plot["kind"]> = new Set(["pareto", "layers", "sensitivity"]);

/** What a notebook shows of a report, in order: the table, then each plot that was asked for, or the main ones. */
export function reportForms(report: Report): readonly MimeForms[] {
  const figures = reportFigures(report);
  const main = askedPlots(report).length > 0 ? figures : figures.filter(({ view }) => mainViews.has(view));
  return [tableForms(report), ...main.map(figureForms)];
}

/** The table with everything that must be said of it: HTML without scripts, and text of 80 columns. */
export function tableForms(report: Report): MimeForms {
  return { "text/html": notebookHtml(report), "text/plain": renderTable(report, { width: 80 }) };
}

/** Pixels across a static picture: what Notebook 7, GitHub and a JupyterLab of 1200 pixels have room for; Lab cuts off the rest. */
export const PICTURE_WIDTH = 720;
/** Pixels of a plot between its axes, and of what plotly puts around it in a notebook: title, axis and legend. */
const PLOT_HEIGHT = 310;
const AROUND = 150;
const TITLE_ROOM = 52;

/**
 * A plot: plotly's JSON for frontends that have plotly, a picture for all others (GitHub, e-mail, nbconvert), and what
 * it shows in words. There is no HTML beside: frontends would prefer it to the picture.
 */
export function figureForms({ title, caption, figure, height }: TitledFigure): MimeForms {
  const { margin } = figure.layout;
  const layout = {
    ...figure.layout,
    title: { text: plotText(title), x: 0.01, xanchor: "left", y: 0.97, yanchor: "top" },
    margin: { ...margin, t: TITLE_ROOM },
    height: (height ?? PLOT_HEIGHT) + AROUND,
  };
  return {
    "application/vnd.plotly.v1+json": { data: figure.data, layout },
    "image/svg+xml": renderSvg(figure, {
      title,
      caption,
      width: PICTURE_WIDTH,
      ...(height === undefined ? {} : { height }),
    }),
    "text/plain": figureText({ title, caption, figure }),
  };
}

/** A plot in words: what it shows, and its values where they are few. */
function figureText({ title, caption, figure }: TitledFigure): string {
  const series = figure.data.filter(({ hoverinfo, marker }) => hoverinfo !== "skip" && marker !== undefined);
  const points = series.reduce((sum, trace) => sum + pointsOf(trace), 0);
  const size = `[plot: ${series.length} series, ${points} point${points === 1 ? "" : "s"}]`;
  return [title, caption, size].filter((part) => part !== "").join("\n");
}

function pointsOf({ x, y }: Trace): number {
  return x.filter((value, i) => value !== null && y[i] !== null).length;
}
