import { type MimeForms, PICTURE_WIDTH } from "./mime.js";
import { element, escapeXml } from "./svg/markup.js";
import { fill, fontFamily, styleSheet } from "./svg/palette.js";
import { renderSvg } from "./svg/render.js";
import { textAt, wrapped } from "./svg/text.js";
import { partOf, textOf } from "./user-figures/input.js";
import { userFigure } from "./user-figures/user-figure.js";

/** The pixels and areas of a picture; one with more is heavy for browsers and is better made a PNG. */
export const MANY_MARKS = 4000;

export interface PlotlyForms extends MimeForms {
  readonly "image/svg+xml": string;
}

/**
 * A plotly figure of the user's: its JSON for frontends that have plotly, a picture of what can be drawn without a
 * browser, and words. Where something is not drawn, the picture says what; it is never blank.
 * @throws when the figure is no JSON
 */
export function plotlyForms(figure: object): PlotlyForms {
  const json = plainJson(figure);
  const data = Array.isArray(json.data) ? (json.data as readonly unknown[]) : [];
  const layout = partOf(json.layout);
  const title = textOf(layout.title) ?? "";
  const { figure: picture, meaning, left } = userFigure(data, layout);
  const notDrawn = left.length > 0 ? `Not drawn in this picture: ${left.join(", ")}.` : "";
  const caption = [meaning, notDrawn].filter((part) => part !== "").join(" ");
  const types = data.map((trace) => String(partOf(trace).type ?? "scatter"));
  const words = `[plotly figure${title === "" ? "" : ` "${plain(title)}"`}: ${counted(types)}]`;
  return {
    "application/vnd.plotly.v1+json": json,
    "image/svg+xml": picture
      ? renderSvg(picture, { title: plain(title), caption, width: PICTURE_WIDTH })
      : notice(plain(title), `This figure has no static picture: ${left.join(", ")}. JupyterLab with plotly shows it.`),
    "text/plain": [words, caption].filter((part) => part !== "").join("\n"),
  };
}

/** Plotly reads a small HTML in titles. */
function plain(title: string): string {
  return title.replace(/<br\s*\/?>/gi, " ").replace(/<\/?[a-z][^<>]*>/gi, "");
}

function counted(types: readonly string[]): string {
  const names = [...new Set(types)];
  return names.map((name) => `${types.filter((type) => type === name).length} ${name}`).join(", ");
}

/** Typed arrays as lists; dates and whatever else has `toJSON` as that says. */
function plainJson(figure: object): { readonly data?: unknown; readonly layout?: unknown } {
  const { data, layout, config, frames } = figure as Readonly<Record<string, unknown>>;
  const text = JSON.stringify({ data, layout, config, frames }, (_, value: unknown) =>
    ArrayBuffer.isView(value) && !(value instanceof DataView) ? Array.from(value as never, Number) : value,
  );
  return JSON.parse(text) as { readonly data?: unknown; readonly layout?: unknown };
}

/** A small picture that says in words why there is no other. */
function notice(title: string, text: string): string {
  const width = PICTURE_WIDTH;
  const lines = wrapped(text, 13, width - 32);
  const height = (title === "" ? 16 : 44) + 20 * lines.length + 12;
  const content = [
    element("style", {}, escapeXml(styleSheet)),
    element("rect", { width, height, rx: 6, ...fill("ground") }),
    ...(title === "" ? [] : [textAt(16, 25, title, { size: 16, bold: true })]),
    ...lines.map((line, i) => textAt(16, height - 20 * (lines.length - i) - 2, line, { size: 13 })),
  ];
  const head = { xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${width} ${height}`, width, height };
  return `${element("svg", { ...head, role: "img", "font-family": fontFamily }, `\n${content.join("\n")}\n`)}\n`;
}
