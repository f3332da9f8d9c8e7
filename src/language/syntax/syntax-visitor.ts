import type { CstNode, IToken } from "chevrotain";
import type * as cst from "../../../grammar/cst.js";
import { BaseCstVisitor } from "../../../grammar/parse.js";
import type { SourceFile, Span } from "../../base/span.js";
import type * as ast from "./ast.js";
import { readFraction, readQuantity, readString } from "./literals.js";

/** What the tree itself shows to be wrong, beyond what the parser saw. */
export interface TreeMistakes {
  misplaced(word: ast.Name, inside: "program" | "experiment"): void;
  badEscape(sequence: string, span: Span): void;
  divisionByZero(span: Span): void;
  notFinite(text: string, span: Span): void;
}

type Maybe<T> = T | undefined;

/**
 * CST -> AST. One method for each grammar rule, with the rule's span as argument. The tree may be partial where the
 * parser recovered, so every child may be missing whatever the generated types say; a node without an essential part
 * is left out.
 */
class SyntaxVisitor extends BaseCstVisitor implements cst.NibbleCstVisitor<Span, unknown> {
  private source: SourceFile = { path: "", text: "" };
  private mistakes: Maybe<TreeMistakes>;
  private broken: readonly number[] = [];

  constructor() {
    super();
    this.validateVisitor();
  }

  /** @param broken offsets of the parser's mistakes: a use that holds one is partial */
  run<T>(node: CstNode, source: SourceFile, broken: readonly number[], mistakes: TreeMistakes): Maybe<T> {
    this.source = source;
    this.mistakes = mistakes;
    this.broken = broken;
    return this.one<T>([node]);
  }

  program(c: cst.ProgramCstChildren, span: Span): ast.Program {
    this.all(c.misplacedStatement);
    const statements = this.inOrder<ast.Statement>(
      ...[c.modelStatement, c.dataStatement, c.paramStatement, c.schemeStatement, c.importStatement],
      ...[c.experimentStatement, c.searchStatement, c.diagnoseStatement, c.exportStatement],
    );
    return { kind: "program", statements, span };
  }

  modelStatement(c: cst.ModelStatementCstChildren, span: Span): Maybe<ast.ModelStatement> {
    const name = this.name(c.name);
    return name && { kind: "model", name, ...given("source", this.one<ast.Use>(c.use)), span };
  }

  dataStatement(c: cst.DataStatementCstChildren, span: Span): Maybe<ast.DataStatement> {
    const name = this.name(c.name);
    return name && { kind: "data", name, ...given("source", this.one<ast.Use>(c.use)), span };
  }

  paramStatement(c: cst.ParamStatementCstChildren, span: Span): Maybe<ast.ParamStatement> {
    const name = this.name(c.name);
    return name && { kind: "param", name, ...given("value", this.one<ast.Value>(c.value)), span };
  }

  schemeStatement(c: cst.SchemeStatementCstChildren, span: Span): Maybe<ast.SchemeStatement> {
    const name = this.name(c.name);
    return name && { kind: "scheme", name, ...given("base", this.one<ast.Use>(c.use)), span };
  }

  importStatement(c: cst.ImportStatementCstChildren, span: Span): Maybe<ast.ImportStatement> {
    const path = this.string(c.path);
    return path && { kind: "import", path, span };
  }

  experimentStatement(c: cst.ExperimentStatementCstChildren, span: Span): Maybe<ast.ExperimentStatement> {
    this.all(c.misplacedClause);
    const name = this.name(c.name);
    const clauses = this.inOrder<ast.Clause>(
      ...[c.modelClause, c.dataClause, c.baselineClause, c.tryClause, c.keepClause],
      ...[c.whereClause, c.measureClause, c.expectClause, c.showClause],
    );
    const partial = this.isBroken(span) || c.misplacedClause !== undefined;
    return name && { kind: "experiment", name, clauses, partial, span };
  }

  modelClause(c: cst.ModelClauseCstChildren, span: Span): ast.ModelClause {
    return { kind: "model_clause", uses: this.all<ast.Use>(c.use), span };
  }

  dataClause(c: cst.DataClauseCstChildren, span: Span): ast.DataClause {
    return { kind: "data_clause", uses: this.all<ast.Use>(c.use), span };
  }

  baselineClause(c: cst.BaselineClauseCstChildren, span: Span): Maybe<ast.BaselineClause> {
    const use = this.one<ast.Use>(c.use);
    return use && { kind: "baseline", use, span };
  }

  tryClause(c: cst.TryClauseCstChildren, span: Span): ast.TryClause {
    return { kind: "try", uses: this.all<ast.Use>(c.use), span };
  }

  keepClause(c: cst.KeepClauseCstChildren, span: Span): Maybe<ast.KeepClause> {
    const what = this.name(c.what);
    const precision = this.one<ast.Value>(c.precision);
    const patterns = this.all<ast.Value>(c.patterns);
    return what && precision && { kind: "keep", what, patterns, precision, span };
  }

  whereClause(c: cst.WhereClauseCstChildren, span: Span): Maybe<ast.WhereClause> {
    const condition = this.one<ast.Condition>(c.condition);
    return condition && { kind: "where", condition, span };
  }

  measureClause(c: cst.MeasureClauseCstChildren, span: Span): ast.MeasureClause {
    return { kind: "measure", uses: this.all<ast.Use>(c.use), span };
  }

  expectClause(c: cst.ExpectClauseCstChildren, span: Span): ast.ExpectClause {
    return { kind: "expect", comparisons: this.all<ast.Comparison>(c.comparison), span };
  }

  showClause(c: cst.ShowClauseCstChildren, span: Span): ast.ShowClause {
    return { kind: "show", uses: this.all<ast.Use>(c.use), span };
  }

  searchStatement(c: cst.SearchStatementCstChildren, span: Span): ast.LaterStatement {
    return { kind: "search", keyword: this.spanOf(c.Search?.[0], span), span };
  }

  diagnoseStatement(c: cst.DiagnoseStatementCstChildren, span: Span): Maybe<ast.DiagnoseStatement> {
    const place = this.pathOf(c.path, span);
    if (!place) return undefined;
    return { kind: "diagnose", ...place, ...given("options", this.one<ast.ObjectValue>(c.object)), span };
  }

  exportStatement(c: cst.ExportStatementCstChildren, span: Span): Maybe<ast.ExportStatement> {
    const place = this.pathOf(c.path, span);
    if (!place) return undefined;
    const options = given("options", this.one<ast.ObjectValue>(c.object));
    return { kind: "export", ...place, ...given("target", this.string(c.target)), ...options, span };
  }

  /** Names with dots between them, and where they stand. */
  private pathOf(nodes: cst.DiagnoseStatementCstChildren["path"], span: Span) {
    const path = this.one<readonly ast.CallValue[]>(nodes) ?? none;
    const [first, last] = [path[0], path.at(-1)];
    if (!first || !last) return undefined;
    return { path, pathSpan: { source: span.source, start: first.span.start, end: last.span.end } };
  }

  // The insides of statements that nothing carries out yet: read by the grammar, not by anyone else.
  chooseClause(): void {}
  goalClause(): void {}
  subjectToClause(): void {}
  budgetClause(): void {}

  misplacedStatement(c: cst.MisplacedStatementCstChildren): void {
    const word = this.name(c.word);
    if (word) this.mistakes?.misplaced(word, "program");
  }

  misplacedClause(c: cst.MisplacedClauseCstChildren): void {
    const word = this.name(c.word);
    if (word) this.mistakes?.misplaced(word, "experiment");
  }

  anything(): void {}
  anyBraces(): void {}

  use(c: cst.UseCstChildren, span: Span): Maybe<ast.Use> {
    const token = c.name?.[0];
    const target = token?.image.startsWith("$") ? this.host(token) : this.name(c.name);
    if (!target) return undefined;
    return {
      kind: "use",
      target,
      ...given("arguments", this.one<readonly ast.Value[]>(c.arguments)),
      ...given("options", this.one<ast.ObjectValue>(c.object)),
      partial: this.isBroken(span),
      span,
    };
  }

  arguments(c: cst.ArgumentsCstChildren): readonly ast.Value[] {
    return this.all<ast.Value>(c.value);
  }

  object(c: cst.ObjectCstChildren, span: Span): ast.ObjectValue {
    return { kind: "object", entries: this.all<ast.Entry>(c.entry), span };
  }

  entry(c: cst.EntryCstChildren, span: Span): Maybe<ast.Entry> {
    const key = this.name(c.key);
    const value = this.one<ast.Value>(c.value);
    return key && value && { key, value, span };
  }

  value(c: cst.ValueCstChildren, span: Span): Maybe<ast.Value> {
    const values = this.all<ast.Value>(c.phrase);
    return values.length > 1 ? { kind: "axis", values, span } : values[0];
  }

  phrase(c: cst.PhraseCstChildren, span: Span): Maybe<ast.Value> {
    const parts = [
      ...this.all<ast.Atom>(c.range),
      ...this.all<ast.Atom>(c.call),
      ...this.all<ast.Atom>(c.list),
      ...this.all<ast.Atom>(c.object),
      ...present(c.Fraction?.map((token) => this.fraction([token]))),
      ...present(c.Text?.map((token) => this.string([token]))),
      ...present(c.HostName?.map((token) => this.host(token))),
      ...present(c.RegularExpression?.map((token) => this.regex([token]))),
    ];
    if (parts.length < 2) return parts[0];
    parts.sort((a, b) => a.span.start - b.span.start);
    return { kind: "phrase", parts, span };
  }

  range(c: cst.RangeCstChildren, span: Span): Maybe<ast.Atom> {
    const from = this.quantity(c.from);
    const to = this.quantity(c.to);
    if (!from) return undefined;
    return to ? { kind: "range", from, to, span } : from;
  }

  call(c: cst.CallCstChildren, span: Span): Maybe<ast.CallValue> {
    const name = this.name(c.name);
    const values = this.one<readonly ast.Value[]>(c.arguments);
    return name && { kind: "call", name: name.name, nameSpan: name.span, ...given("arguments", values), span };
  }

  list(c: cst.ListCstChildren, span: Span): ast.ListValue {
    return { kind: "list", items: this.all<ast.Value>(c.value), span };
  }

  condition(c: cst.ConditionCstChildren, span: Span): Maybe<ast.Condition> {
    const operands = this.all<ast.Condition>(c.conjunction);
    return operands.length > 1 ? { kind: "or", operands, span } : operands[0];
  }

  conjunction(c: cst.ConjunctionCstChildren, span: Span): Maybe<ast.Condition> {
    const operands = this.all<ast.Condition>(c.negation);
    return operands.length > 1 ? { kind: "and", operands, span } : operands[0];
  }

  negation(c: cst.NegationCstChildren, span: Span): Maybe<ast.Condition> {
    const operand = this.one<ast.Condition>(c.condition) ?? this.one<ast.Condition>(c.comparison);
    // An even number of `not` says nothing.
    return operand && (c.Not?.length ?? 0) % 2 === 1 ? { kind: "not", operand, span } : operand;
  }

  comparison(c: cst.ComparisonCstChildren, span: Span): Maybe<ast.Comparison> {
    const path = this.one<readonly ast.CallValue[]>(c.path) ?? none;
    const comparator = c.Comparator?.[0]?.image;
    const value = this.one<ast.Value>(c.value);
    const [first] = path;
    const last = path.at(-1);
    if (!first || !last || !comparator || !value) return undefined;
    const pathSpan = { source: span.source, start: first.span.start, end: last.span.end };
    return { kind: "comparison", path, pathSpan, comparator: comparator as ast.Comparator, value, span };
  }

  path(c: cst.PathCstChildren): readonly ast.CallValue[] {
    return this.all<ast.CallValue>(c.call);
  }

  private isBroken({ start, end }: Span): boolean {
    return this.broken.some((offset) => offset >= start && offset <= end);
  }

  private one<T>(nodes: Maybe<readonly CstNode[]>): Maybe<T> {
    const node = nodes?.[0];
    return node && (this.visit(node, this.locate(node)) as Maybe<T>);
  }

  private all<T>(nodes: Maybe<readonly CstNode[]>): readonly T[] {
    if (nodes === undefined) return none;
    const built: T[] = [];
    for (const node of nodes) {
      const one = this.visit(node, this.locate(node)) as Maybe<T>;
      if (one !== undefined) built.push(one);
    }
    return built;
  }

  private inOrder<T extends { readonly span: Span }>(...groups: readonly Maybe<readonly CstNode[]>[]): readonly T[] {
    return groups.flatMap((nodes) => this.all<T>(nodes)).sort((a, b) => a.span.start - b.span.start);
  }

  /** Nodes that hold nothing but inserted tokens have no place of their own; they get the start of the text. */
  private locate(node: CstNode): Span {
    const { startOffset, endOffset } = node.location ?? { startOffset: Number.NaN };
    const start = Number.isFinite(startOffset) ? startOffset : 0;
    const end = endOffset !== undefined && Number.isFinite(endOffset) ? endOffset + 1 : start;
    return { source: this.source.path, start, end: Math.max(start, end) };
  }

  private spanOf(token: Maybe<IToken>, otherwise: Span): Span {
    return token && Number.isFinite(token.startOffset) ? this.tokenSpan(token) : otherwise;
  }

  private tokenSpan(token: IToken): Span {
    const start = token.startOffset;
    return { source: this.source.path, start, end: start + token.image.length };
  }

  /** Tokens that recovery made up are not there. */
  private token(tokens: Maybe<readonly IToken[]>): Maybe<IToken> {
    const token = tokens?.[0];
    return token && Number.isFinite(token.startOffset) ? token : undefined;
  }

  private name(tokens: Maybe<readonly IToken[]>): Maybe<ast.Name> {
    const token = this.token(tokens);
    return token && { kind: "name", name: token.image, span: this.tokenSpan(token) };
  }

  private host(token: IToken): ast.HostReference {
    return { kind: "host", name: token.image.slice(1), span: this.tokenSpan(token) };
  }

  private string(tokens: Maybe<readonly IToken[]>): Maybe<ast.StringValue> {
    const token = this.token(tokens);
    if (!token) return undefined;
    const span = this.tokenSpan(token);
    const { value, bad } = readString(token.image);
    for (const { sequence, offset } of bad) {
      const start = span.start + offset;
      this.mistakes?.badEscape(sequence, { source: span.source, start, end: start + sequence.length });
    }
    return { kind: "string", value, span };
  }

  private regex(tokens: Maybe<readonly IToken[]>): Maybe<ast.RegexValue> {
    const token = this.token(tokens);
    if (!token) return undefined;
    const end = token.image.lastIndexOf("/");
    const [pattern, flags] = [token.image.slice(1, end), token.image.slice(end + 1)];
    return { kind: "regex", pattern, flags, span: this.tokenSpan(token) };
  }

  private quantity(tokens: Maybe<readonly IToken[]>): Maybe<ast.NumberValue> {
    const token = this.token(tokens);
    return token && this.number(token, readQuantity(token.image));
  }

  private fraction(tokens: Maybe<readonly IToken[]>): Maybe<ast.NumberValue> {
    const token = this.token(tokens);
    if (!token) return undefined;
    const value = readFraction(token.image);
    if (value === undefined) this.mistakes?.divisionByZero(this.tokenSpan(token));
    return value === undefined ? undefined : this.number(token, { value });
  }

  private number(token: IToken, read: { readonly value: number; readonly unit?: string }): Maybe<ast.NumberValue> {
    const span = this.tokenSpan(token);
    if (Number.isFinite(read.value)) return { kind: "number", ...read, span };
    this.mistakes?.notFinite(token.image, span);
    return undefined;
  }
}

const none: readonly never[] = [];

function present<T>(values: Maybe<readonly Maybe<T>[]>): readonly T[] {
  return values === undefined ? none : values.filter((value) => value !== undefined);
}

function given<K extends string, T>(key: K, value: T | undefined): { readonly [P in K]?: T } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: T });
}

/** One visitor serves every program: building is synchronous, and its state is set anew for each. */
const visitor = new SyntaxVisitor();

/** Builds the AST of a parsed node: a `Program` of a program, a `Value` of a value. */
export function buildTree<T>(
  node: CstNode,
  source: SourceFile,
  broken: readonly number[],
  mistakes: TreeMistakes,
): T | undefined {
  return visitor.run<T>(node, source, broken, mistakes);
}
