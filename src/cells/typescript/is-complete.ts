import ts from "typescript";
import type { Completeness } from "../interpreter.js";
import { parse, parseErrors } from "./analyze.js";

const INDENT = "  ";

/** Errors that more text can mend, wherever they stand: an open comment, an open template. */
const OPEN_ENDED = new Set([1010, 1160]);
/** Strings do not go on in the next line. */
const UNTERMINATED_STRING = 1002;

/** Whether a console should run a text, or the user is still typing. */
export function isComplete(code: string, jsx: boolean): Completeness {
  if (code.trim() === "") return { status: "complete" };
  const file = parse(code, jsx);
  const [first] = parseErrors(file);
  if (first === undefined) return endsOpen(code, file) ? incomplete(code) : { status: "complete" };
  const mendable = OPEN_ENDED.has(first.code) || (first.code !== UNTERMINATED_STRING && runsOut(code, first));
  return mendable ? incomplete(code) : { status: "invalid" };
}

/** The parser came to the end of the text where it wanted more. */
function runsOut(code: string, { start }: ts.DiagnosticWithLocation): boolean {
  return start >= lengthOfTokens(code);
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

/** Where the last token ends: comments and blanks behind it do not count. */
function lengthOfTokens(code: string): number {
  const scanner = ts.createScanner(ts.ScriptTarget.ESNext, true, ts.LanguageVariant.Standard, code);
  let end = 0;
  while (scanner.scan() !== ts.SyntaxKind.EndOfFileToken) end = scanner.getTokenEnd();
  return end;
}

/** As deep as the brackets that are open; one level more where a statement or an operator waits for its rest. */
function incomplete(code: string): Completeness {
  const open = openBrackets(code);
  const line =
    code
      .trimEnd()
      .split(/\r\n|\r|\n/u)
      .at(-1) ?? "";
  const own = /^\s*/u.exec(line)?.[0] ?? "";
  const inner = open.at(-1);
  if (inner !== undefined) return { status: "incomplete", indent: inner + INDENT };
  const waits = /[=>:?&|+\-*/%<.]$/u.test(line) || /^\s*(?:if|for|while|else|do)\b[^{]*$/u.test(line);
  return { status: "incomplete", indent: waits ? own + INDENT : own };
}

/** Indent of the line of each bracket that is not closed, outermost first. Nothing inside an open template or comment. */
function openBrackets(code: string): string[] {
  const scanner = ts.createScanner(ts.ScriptTarget.ESNext, true, ts.LanguageVariant.Standard, code);
  const open: { indent: string; template: boolean }[] = [];
  const indentAt = (position: number) => /(?:^|[\r\n])([ \t]*)[^\r\n]*$/u.exec(code.slice(0, position))?.[1] ?? "";
  for (;;) {
    let token = scanner.scan();
    if (token === ts.SyntaxKind.EndOfFileToken) return open.map(({ indent }) => indent);
    if (token === ts.SyntaxKind.CloseBraceToken && open.at(-1)?.template) token = scanner.reScanTemplateToken(false);
    const position = scanner.getTokenStart();
    if (OPENING.has(token)) open.push({ indent: indentAt(position), template: false });
    else if (token === ts.SyntaxKind.TemplateHead) open.push({ indent: indentAt(position), template: true });
    else if (CLOSING.has(token)) open.pop();
  }
}

const OPENING = new Set([ts.SyntaxKind.OpenBraceToken, ts.SyntaxKind.OpenBracketToken, ts.SyntaxKind.OpenParenToken]);
const CLOSING = new Set([
  ts.SyntaxKind.CloseBraceToken,
  ts.SyntaxKind.CloseBracketToken,
  ts.SyntaxKind.CloseParenToken,
  ts.SyntaxKind.TemplateTail,
]);
