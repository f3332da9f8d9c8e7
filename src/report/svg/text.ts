import { textWidth } from "../text-width.js";
import { type Attributes, element, escapeXml } from "./markup.js";
import { fill, type Tone } from "./palette.js";

export interface TextStyle {
  readonly size: number;
  readonly tone?: Tone;
  readonly anchor?: "start" | "middle" | "end";
  readonly bold?: boolean;
  /** Degrees around its place; -90 reads upwards. */
  readonly angle?: number;
}

/** Text whose middle line passes through `y`: 0.35 of a font's size above its base. */
export function textAt(x: number, y: number, text: string, { size, tone = "text", anchor, bold, angle }: TextStyle) {
  const turned: Attributes = angle ? { transform: `rotate(${angle} ${x.toFixed(2)} ${y.toFixed(2)})` } : {};
  return element(
    "text",
    {
      ...{ x, y, dy: "0.35em", "font-size": size, "text-anchor": anchor === "start" ? undefined : anchor },
      ...{ "font-weight": bold ? 600 : undefined, ...fill(tone), ...turned },
    },
    escapeXml(text),
  );
}

/** Text in lines no wider than `width`; a word that is wider has a line of its own. */
export function wrapped(text: string, size: number, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter((part) => part !== "")) {
    const last = lines.at(-1);
    if (last !== undefined && textWidth(`${last} ${word}`, size) <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
