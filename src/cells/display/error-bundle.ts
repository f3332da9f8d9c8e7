import { styleText } from "node:util";
import { type Diagnostic, renderDiagnostic, type Severity, words } from "../../base/diagnostic.js";
import { lineColumn, type SourceFile } from "../../base/span.js";
import { visible } from "../../base/visible.js";
import { escapeHtml } from "../../report/markup.js";
import type { MimeBundle } from "../outputs.js";

/** Most diagnostics that are shown; the rest is counted. */
const MOST = 50;

/**
 * The language's diagnostics for a notebook: each with its severity, code and place, the line with the span marked, and
 * the hint. The HTML runs nothing, escapes what the user wrote, and takes its colours from the page, light or dark.
 * @param sources texts by path, for the lines; one that is missing leaves its lines out
 */
export function diagnosticsBundle(
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, SourceFile>,
): MimeBundle {
  const shown = diagnostics.slice(0, MOST);
  const more = moreText(diagnostics.length - shown.length);
  const text = [...shown.map((d) => renderDiagnostic(d, sources)), ...more].join("\n\n");
  const html = [...shown.map((d) => htmlOf(d, sources)), ...more.map((line) => `<p>${line}</p>`)].join("\n");
  return { data: { "text/html": `<div>\n${html}\n</div>`, "text/plain": text } };
}

/** The same as lines for a traceback, with terminal colours: red errors, yellow warnings, the caret in the same colour. */
export function diagnosticsTraceback(
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, SourceFile>,
): readonly string[] {
  const shown = diagnostics.slice(0, MOST);
  return [
    ...shown.map((d) => coloured(renderDiagnostic(d, sources), d.severity)),
    ...moreText(diagnostics.length - shown.length),
  ];
}

function moreText(left: number): readonly string[] {
  return left > 0 ? [`... ${left} more`] : [];
}

const terminal = { error: "red", warning: "yellow", note: "cyan" } as const;

function coloured(text: string, severity: Severity): string {
  const paint = (part: string) => styleText([terminal[severity], "bold"], part, { validateStream: false });
  return text
    .split("\n")
    .map((line, i) => {
      if (i === 0) return line.replace(/^[a-z]+\[[^\]]*\]/, paint);
      return /^ +\| +\^+$/.test(line) ? line.replace(/\^+$/, paint) : line;
    })
    .join("\n");
}

/** Colours that can be read on white and on black. */
const colours: Readonly<Record<Severity, string>> = { error: "#d1431a", warning: "#b07400", note: "#2b7fc4" };

function htmlOf(d: Diagnostic, sources: ReadonlyMap<string, SourceFile>): string {
  const { message, hint } = words(d);
  const colour = colours[d.severity];
  const [, ...lines] = renderDiagnostic(d, sources).split("\n");
  const marked = lines.filter((line) => !/^ +=/.test(line));
  return [
    `<div style="border-left:3px solid ${colour};padding:.1em 0 .1em .75em;margin:.4em 0 .8em">`,
    `<div><strong style="color:${colour}">${d.severity}</strong> <code>${escapeHtml(d.code)}</code>${placeOf(d, sources)}</div>`,
    `<div>${escapeHtml(oneLine(message))}</div>`,
    ...(marked.length > 0 ? [sourceLines(marked, colour)] : []),
    ...(hint ? [`<div><em>Hint:</em> ${escapeHtml(oneLine(hint))}</div>`] : []),
    "</div>",
  ].join("\n");
}

const LONGEST_MESSAGE = 2000;

function oneLine(text: string): string {
  return visible(text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE)} ...` : text);
}

function placeOf({ span }: Diagnostic, sources: ReadonlyMap<string, SourceFile>): string {
  if (!span) return "";
  const file = sources.get(span.source);
  const at = file ? lineColumn(file.text, span.start) : undefined;
  const place = at ? `${span.source}:${at.line}:${at.column}` : span.source;
  return ` <span style="opacity:.7">${escapeHtml(visible(place))}</span>`;
}

/** The line of the text and the carets below it, whose colour is that of the severity. */
function sourceLines(lines: readonly string[], colour: string): string {
  const html = lines.map((line) => {
    const text = escapeHtml(line);
    if (!/^ +\| +\^+$/.test(line)) return text;
    return text.replace(/\^+$/, (carets) => `<strong style="color:${colour}">${carets}</strong>`);
  });
  return `<pre style="margin:.25em 0;overflow-x:auto;font-family:monospace;background:none;color:inherit">${html.join("\n")}</pre>`;
}
