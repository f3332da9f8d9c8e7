import type { MimeBundle } from "../outputs.js";

/** Most characters of a text form. */
const LONGEST_TEXT = 100_000;

/** Most characters of any other form: a notebook with more in one output is too heavy for browsers and for Git. */
const LONGEST_FORM = 20_000_000;

/** A text within the limit, with a note of what was cut. */
export function truncated(text: string, longest: number = LONGEST_TEXT): string {
  if (text.length <= longest) return text;
  const cut = text.length - longest;
  // Half of a surrogate pair is no text.
  const kept = text.slice(0, longest).replace(/[\ud800-\udbff]$/, "");
  return `${kept}\n... ${cut.toLocaleString("en")} more characters`;
}

/** The bundle within the limits: long text is cut, other forms that are too long are left out, with a note in the text. */
export function limited({ data, metadata }: MimeBundle): MimeBundle {
  const kept: Record<string, unknown> = {};
  const notes: string[] = [];
  for (const [type, content] of Object.entries(data)) {
    const length = lengthOf(content);
    if (type === "text/plain") continue;
    if (length <= LONGEST_FORM) kept[type] = content;
    else notes.push(`[${type} left out: ${length.toLocaleString("en")} characters]`);
  }
  const text = truncated(String(data["text/plain"] ?? ""));
  const plain = [text, ...notes].filter((part) => part !== "").join("\n");
  return { data: { ...kept, "text/plain": plain }, ...(metadata ? { metadata } : {}) };
}

function lengthOf(content: unknown): number {
  return typeof content === "string" ? content.length : (JSON.stringify(content) ?? "").length;
}
