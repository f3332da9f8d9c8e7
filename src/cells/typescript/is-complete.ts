import ts from "typescript";
import type { Completeness } from "../interpreter.js";
import { parse, parseErrors } from "./analyze.js";

const INDENT = "  ";

/** Errors that more text can mend, wherever they stand: an open comment, an open template. */
const OPEN_ENDED = new Set([1010, 1160, 1161]);
/** Strings do not go on in the next line. */
const UNTERMINATED_STRING = 1002;

/** Whether a console should run a text, or the user is still typing. */
export function isComplete(code: string, jsx: boolean): Completeness {
  if (code.trim() === "") return { status: "complete" };
  const file = parse(code, jsx);
  const [first] = parseErrors(file);
  if (first === undefined) return endsOpen(code, file) ? incomplete(code) : { status: "complete" };
  const end = code.trimEnd().length;
  const atEnd = first.start + first.length >= end && first.code !== UNTERMINATED_STRING;
  const openRegex = first.code === 1161;
  if (!openRegex && (OPEN_ENDED.has(first.code) || (atEnd && runsOut(code, first)))) return incomplete(code);
  return { status: "invalid" };
}

/** The parser came to the end of the text where it wanted more. */
function runsOut(code: string, { start }: ts.DiagnosticWithLocation): boolean {
  return start >= withoutTrailingComments(code).length;
}

/** A text without errors that nobody would call finished: `if (a)` has none in TypeScript's eyes with `else` to come. */
function endsOpen(code: string, file: ts.SourceFile): boolean {
  const last = file.statements.at(-1);
  return (
    last !== undefined &&
    ts.isFunctionDeclaration(last) &&
    last.body === undefined &&
    !code.trimEnd().endsWith(";") &&
    last.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword) !== true
  );
}

function withoutTrailingComments(code: string): string {
  const scanner = ts.createScanner(ts.ScriptTarget.ESNext, true, ts.LanguageVariant.Standard, code);
  let end = 0;
  while (scanner.scan() !== ts.SyntaxKind.EndOfFileToken) end = scanner.getTokenEnd();
  return code.slice(0, end);
}

/** One level deeper than the last line, when that opens something; else as deep. */
function incomplete(code: string): Completeness {
  const line =
    code
      .trimEnd()
      .split(/\r\n|\r|\n/u)
      .at(-1) ?? "";
  const indent = /^\s*/u.exec(line)?.[0] ?? "";
  return {
    status: "incomplete",
    indent: /[{([=>:?,&|+]$/u.test(line) && !/[,]$/u.test(line) ? indent + INDENT : indent,
  };
}
