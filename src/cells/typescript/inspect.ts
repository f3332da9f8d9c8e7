import ts from "typescript";
import type { MimeBundle } from "../outputs.js";
import { wordAt } from "./complete.js";
import { plainTypes } from "./diagnostics.js";
import type { CellFile, Notebook } from "./notebook.js";

const LONGEST_SOURCE = 4000;

/** What is known of a thing, before it is text or Markdown. */
interface Documentation {
  readonly signature: string;
  readonly text: string;
  readonly tags: readonly ts.JSDocTagInfo[];
  readonly source?: string;
}

/**
 * Type and documentation of the name at a cursor, or, inside the parentheses of a call, of the function called.
 * @param detail 1 adds the text that defines it
 */
export function inspect(notebook: Notebook, code: string, cursor: number, detail: 0 | 1): MimeBundle | undefined {
  const cell = notebook.openForEditing(code);
  const { start, end } = wordAt(code, cursor);
  const word = code.slice(start, end);
  // A type alone on a line is no expression, but it is what one asks about.
  const known = notebook.committed.get(word);
  if (known && !known.runtime && code.trim() === word)
    return inspect(notebook, `let _: ${word}`, "let _: ".length, detail);
  const found = (start < end ? nameAt(notebook, cell, start, detail) : undefined) ?? callAround(cell, cursor);
  if (!found) return undefined;
  return { data: { "text/plain": asText(found), "text/markdown": asMarkdown(found) } };
}

function nameAt(notebook: Notebook, cell: CellFile, at: number, detail: 0 | 1): Documentation | undefined {
  const { service } = cell.program;
  const info = service.getQuickInfoAtPosition(cell.name, cell.start + at);
  if (!info) return undefined;
  const source = detail === 1 ? definition(notebook, cell, at) : undefined;
  return {
    signature: withoutImport(plainTypes(ts.displayPartsToString(info.displayParts))),
    text: ts.displayPartsToString(info.documentation),
    tags: info.tags ?? [],
    ...(source === undefined ? {} : { source }),
  };
}

/** Names of earlier cells are imports to TypeScript, not to the user. */
function withoutImport(text: string): string {
  return text.replace(/^\(alias\) /u, "").replace(/\n(?:import|export) [^\n]*$/u, "");
}

function callAround(cell: CellFile, cursor: number): Documentation | undefined {
  const help = cell.program.service.getSignatureHelpItems(cell.name, cell.start + cursor, undefined);
  const item = help?.items[help.selectedItemIndex];
  if (!help || !item) return undefined;
  const parts = ts.displayPartsToString;
  const parameters = item.parameters
    .map(({ displayParts }) => parts(displayParts))
    .join(parts(item.separatorDisplayParts));
  const signature = plainTypes(parts(item.prefixDisplayParts) + parameters + parts(item.suffixDisplayParts));
  return { signature, text: parts(item.documentation), tags: item.tags };
}

/** Text of the declaration of the name at a place of the cell. */
function definition(notebook: Notebook, cell: CellFile, at: number): string | undefined {
  const { service } = cell.program;
  const [first] = service.getDefinitionAtPosition(cell.name, cell.start + at) ?? [];
  const file = first && service.getProgram()?.getSourceFile(first.fileName);
  if (!first || !file) return undefined;
  const { start, length } = first.contextSpan ?? first.textSpan;
  const isOurs = file.fileName === cell.name && start < cell.start;
  const text = isOurs ? letOfEarlierCell(notebook, first.name) : file.text.slice(start, start + length);
  return text !== undefined && text.length > LONGEST_SOURCE ? `${text.slice(0, LONGEST_SOURCE)}…` : text;
}

/** A `let` of an earlier cell is declared anew in front of the cell; what the user wrote stands in that earlier cell. */
function letOfEarlierCell(notebook: Notebook, name: string): string | undefined {
  const file = notebook.committed.get(name)?.file;
  if (!file) return undefined;
  const { file: parsed, names } = notebook.analyze(file.text.slice(file.start, file.start + file.length));
  if (!names.has(name)) return undefined;
  const declares = (statement: ts.Statement) =>
    ts.isVariableStatement(statement) &&
    statement.declarationList.declarations.some((declaration) => declaration.name.getText().includes(name));
  return parsed.statements.find(declares)?.getText();
}

function asText({ signature, text, tags, source }: Documentation): string {
  const lines = tags.map((tag) => `@${tag.name} ${ts.displayPartsToString(tag.text)}`.trimEnd());
  return [signature, text, lines.join("\n"), source].filter(Boolean).join("\n\n");
}

function asMarkdown({ signature, text, tags, source }: Documentation): string {
  const block = (code: string) => `\`\`\`ts\n${code}\n\`\`\``;
  return [block(signature), text, ...tags.map(tagAsMarkdown), source && block(source)].filter(Boolean).join("\n\n");
}

function tagAsMarkdown({ name, text }: ts.JSDocTagInfo): string {
  const content = ts.displayPartsToString(text);
  if (name === "example") return `*@example*\n\n${content.includes("```") ? content : `\`\`\`ts\n${content}\n\`\`\``}`;
  const named = text?.find(({ kind }) => kind === "parameterName")?.text;
  if (!named) return `*@${name}* ${content}`.trimEnd();
  const rest = content.slice(content.indexOf(named) + named.length).replace(/^\s*[-—]?\s*/u, "");
  return `*@${name}* \`${named}\`${rest ? ` — ${rest}` : ""}`;
}
