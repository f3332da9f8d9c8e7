import type { Result } from "../../session/result.js";
import type { MimeBundle } from "../outputs.js";

/** What a cell shows of a result, in order. */
export function resultBundles(result: Result): readonly MimeBundle[] {
  return result.bundles().map((data) => ({ data }));
}
