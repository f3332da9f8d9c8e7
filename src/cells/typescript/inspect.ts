import type { MimeBundle } from "../outputs.js";
import type { Notebook } from "./notebook.js";

/** Documentation of what stands at a cursor. */
export function inspect(_notebook: Notebook, _code: string, _cursor: number, _detail: 0 | 1): MimeBundle | undefined {
  return undefined;
}
