import type { PlainView } from "../../plan/plan.js";
import type { ReportFigure } from "../figures/registry.js";
import { escapeHtml } from "../markup.js";
import { renderSvg } from "../svg/render.js";

type Kind = ReportFigure["view"];

/** The groups in which a page shows figures, and what each answers. */
const groups: readonly { readonly title: string; readonly kinds: readonly Kind[] }[] = [
  { title: "Trade-offs", kinds: ["pareto"] },
  {
    title: "Why accuracy moves",
    kinds: ["layers", "sensitivity", "split", "histograms", "calibration", "confusion", "gap"] satisfies readonly (
      | PlainView
      | "layers"
    )[],
  },
  { title: "Why speed moves", kinds: ["latency", "roofline", "nodes"] },
];

/** Each group with its figures; `after` gives what a group shows beside them. A group without either is left out. */
export function figureGroups(figures: readonly ReportFigure[], after: (title: string) => string): readonly string[] {
  return groups.flatMap(({ title, kinds }) => {
    const own = figures.flatMap((figure, index) => (kinds.includes(figure.view) ? [figureHtml(figure, index)] : []));
    const beside = after(title);
    if (own.length === 0 && beside === "") return [];
    return [`<section><h2>${title}</h2>\n${[...own, beside].filter((part) => part !== "").join("\n")}</section>`];
  });
}

/** A figure as a picture, in whose place the page's script draws the same with plotly. */
function figureHtml({ title, caption, figure, height }: ReportFigure, index: number): string {
  const picture = renderSvg(figure, { title, caption, bare: true, ...(height === undefined ? {} : { height }) });
  // Plotly's legend takes room from the plot.
  const entries =
    figure.layout.showlegend === false ? 0 : figure.data.filter(({ showlegend }) => showlegend !== false).length;
  const room = (height ?? 340) + 90 + (entries > 0 ? 20 + 7 * Math.min(40, entries) : 0);
  return `<figure><h3>${escapeHtml(title)}</h3><figcaption>${escapeHtml(caption)}</figcaption>
<div class="plot" id="plot-${index}" data-height="${Math.round(room)}" role="img" aria-label="${escapeHtml(`${title}. ${caption} The tables hold the same figures.`)}"><div class="static">${picture.trim()}</div></div></figure>`;
}
