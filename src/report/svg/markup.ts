const entities: Readonly<Record<string, string>> = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };

/** The text of a figure as it is: what `escapePlotly` did, undone. */
export function plainText(text: string): string {
  return text.replace(/&(amp|lt|gt);/g, (entity) => entities[entity] as string);
}

const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text for an XML element or a quoted attribute; characters that XML 1.0 does not have become U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, "\u{FFFD}")
    .replace(/[&<>"]/g, (character) => escapes[character] as string);
}

export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** An element with attributes; those that are undefined are left out. `content` is markup. */
export function element(name: string, attributes: Attributes, content?: string): string {
  const written = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${typeof value === "number" ? coordinate(value) : escapeXml(value)}"`],
  );
  const head = `<${name}${written.join("")}`;
  return content === undefined ? `${head}/>` : `${head}>${content}</${name}>`;
}

/** Two decimals of a pixel are more than any screen shows. */
export function coordinate(value: number): string {
  if (!Number.isFinite(value)) throw new Error(`report, svg: a coordinate is ${value}`);
  return String(Math.round(value * 100) / 100 + 0);
}
