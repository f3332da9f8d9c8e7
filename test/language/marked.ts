import type { Diagnostic } from "../../src/base/diagnostic.js";
import type { SourceFile } from "../../src/base/span.js";

export interface Marked extends SourceFile {
  /** The marked pieces in order: [start, end) in the text without marks. */
  readonly spans: readonly (readonly [number, number])[];
}

/** A program in which `«...»` marks where diagnostics have to point; the marks are taken out. */
export function marked(text: string, path = "test.nib"): Marked {
  const spans: [number, number][] = [];
  const open: number[] = [];
  let plain = "";
  for (const character of text) {
    if (character === "«") open.push(plain.length);
    else if (character === "»") spans.push([open.pop() ?? 0, plain.length]);
    else plain += character;
  }
  spans.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  return { path, text: plain, spans };
}

/** Codes and spans of diagnostics, in the form in which `marked` gives them. */
export function places(diagnostics: readonly Diagnostic[]): { codes: string[]; spans: (readonly [number, number])[] } {
  return {
    codes: diagnostics.map(({ code }) => code),
    spans: diagnostics.map(({ span }) => [span?.start ?? -1, span?.end ?? -1] as const),
  };
}
