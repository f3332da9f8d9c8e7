import type { Span } from "../base/span.js";
import type { ExportRequest } from "../export/export.js";
import type { CheckedExport } from "../language/checks/export.js";

/** One export that is to be done, and where the program asks for it. */
export interface AskedExport {
  readonly request: ExportRequest;
  /** Of the trial and of the folder in the program; absent where no statement asks. */
  readonly spans?: { readonly trial: Span; readonly folder: Span };
}

/** The export of a statement. */
export function statedExport({ span, targetSpan, experiment: _, ...request }: CheckedExport): AskedExport {
  return { request, spans: { trial: span, folder: targetSpan } };
}
