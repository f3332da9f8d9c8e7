import type { CellReply, Interpreter } from "../../cells/interpreter.js";
import type { CellOutput } from "../../cells/outputs.js";
import { bundleContent } from "./outputs.js";

/** A cell that asks for documentation: `name?` or `?name`; with two marks for the source, too. */
export interface PagerQuestion {
  readonly name: string;
  readonly detail: 0 | 1;
}

const NAME = String.raw`[\p{L}\p{N}_$]+(?:\.[\p{L}\p{N}_$]+)*`;
const ASKING = new RegExp(String.raw`^\s*(?:(\?\??)\s*(${NAME})|(${NAME})(\?\??))\s*$`, "u");

/** Neither language has an expression of this form, so nothing that would run is taken for a question. */
export function questionIn(code: string): PagerQuestion | undefined {
  if (code.length > 1000) return undefined;
  const [, before, named, name = named, after] = ASKING.exec(code) ?? [];
  return name === undefined ? undefined : { name, detail: (before ?? after) === "??" ? 1 : 0 };
}

/** Documentation goes to the frontend's pager, as a payload of the reply. */
export async function pagerReply(
  interpreter: Interpreter,
  { name, detail }: PagerQuestion,
  onOutput: (output: CellOutput) => void,
): Promise<CellReply & { readonly payload?: readonly object[] }> {
  const bundle = await interpreter.inspect(name, name.length, detail);
  if (bundle) return { status: "ok", payload: [{ source: "page", start: 0, ...bundleContent(bundle) }] };
  onOutput({ kind: "stream", name: "stdout", text: `nothing is known of \`${name}\`\n` });
  return { status: "ok" };
}
