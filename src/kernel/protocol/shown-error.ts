import type { CellError, MimeBundle } from "../../cells/outputs.js";

/** Cells outside of the history are numbered from here, so that no traceback takes one for a cell of the notebook. */
export const FIRST_OTHER = 1_000_000;

const OTHER_CELL = /(<|&lt;)cell 1\d{6}(>|&gt;)/g;

/** Text in which a cell that has no number in the notebook is called `<cell>`. */
export function withoutInnerNumbers(text: string): string {
  return text.includes("cell 1") ? text.replace(OTHER_CELL, "$1cell$2") : text;
}

/** An error in the protocol's three parts, and what is displayed before it. */
export interface ShownError {
  readonly content: { readonly ename: string; readonly evalue: string; readonly traceback: readonly string[] };
  readonly bundle?: MimeBundle;
}

/**
 * Every frontend shows displays and tracebacks one below the other. So an error that has a bundle, in which consoles find
 * the whole text too, is told there, and its traceback names it and its place.
 * @param silent nothing is displayed, so the traceback tells everything
 */
export function shownError({ ename, evalue, traceback, bundle }: CellError, silent: boolean): ShownError {
  const told = !silent && bundle !== undefined;
  const lines = told ? [`${ename}: ${evalue}`, ...placeIn(traceback)] : traceback;
  const content = { ename, evalue: withoutInnerNumbers(evalue), traceback: lines.map(withoutInnerNumbers) };
  return told ? { content, bundle: namedBundle(bundle) } : { content };
}

/** The first place in a cell that a traceback names. */
function placeIn(traceback: readonly string[]): string[] {
  const [place] = /<cell \d+>:\d+:\d+/.exec(traceback.join("\n")) ?? [];
  return place === undefined ? [] : [`    at ${place}`];
}

function namedBundle({ data, metadata }: MimeBundle): MimeBundle {
  const named = Object.entries(data).map(([type, value]) => [
    type,
    typeof value === "string" ? withoutInnerNumbers(value) : value,
  ]);
  return { data: Object.fromEntries(named), ...(metadata === undefined ? {} : { metadata }) };
}
