import type { Completeness } from "./interpreter.js";

const CLOSING: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/**
 * Whether a text of TypeScript still waits for a bracket, a template's or a comment's end, without a compiler: what a
 * console is told while the compiler loads. What is closed may still be wrong, so it is "unknown", never "complete".
 */
export function openBrackets(code: string): Completeness {
  /** What each open bracket or template waits for. */
  const awaited: string[] = [];
  for (let at = 0; at < code.length; at++) {
    const character = code[at] ?? "";
    if (awaited.at(-1) === "`") {
      if (character === "\\") at += 1;
      else if (character === "`") awaited.pop();
      else if (code.startsWith("${", at)) {
        awaited.push("}");
        at += 1;
      }
    } else if (code.startsWith("/*", at)) {
      const end = code.indexOf("*/", at + 2);
      if (end < 0) return { status: "incomplete", indent: "" };
      at = end + 1;
    } else if (code.startsWith("//", at)) at = lineEnd(code, at);
    else if (character === '"' || character === "'") at = stringEnd(code, at);
    else if (character === "`") awaited.push("`");
    else if (character === awaited.at(-1)) awaited.pop();
    else if (CLOSING[character] !== undefined) awaited.push(CLOSING[character] ?? "");
  }
  const depth = awaited.filter((bracket) => bracket !== "`").length;
  return awaited.length > 0 ? { status: "incomplete", indent: "  ".repeat(depth) } : { status: "unknown" };
}

function lineEnd(code: string, from: number): number {
  const end = code.indexOf("\n", from);
  return end < 0 ? code.length : end;
}

/** Index of a string's closing quote, or of the end of its line. */
function stringEnd(code: string, from: number): number {
  for (let at = from + 1; at < code.length; at++) {
    if (code[at] === "\\") at += 1;
    else if (code[at] === code[from] || code[at] === "\n") return at;
  }
  return code.length;
}
