import { createToken, Lexer, type TokenType } from "chevrotain";

/**
 * Tokens of the language. Keywords exist for the shapes of statements alone; names of schemes, readers, measures and
 * options are plain identifiers. Every keyword but `and or not at` may also stand where a name may: a column called
 * `model` needs no quotes.
 */

const number = String.raw`(?:\d[\d_]*(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?`;

/** Anything that can serve as a name. */
export const Word = createToken({ name: "Word", pattern: Lexer.NA, label: "a name" });
/** Keywords that begin a clause and never a statement. */
export const ClauseKeyword = createToken({ name: "ClauseKeyword", pattern: Lexer.NA, label: "a clause" });
export const Comparator = createToken({ name: "Comparator", pattern: Lexer.NA, label: "a comparison" });
export const Text = createToken({ name: "Text", pattern: Lexer.NA, label: "a string" });

export const Identifier = createToken({
  name: "Identifier",
  pattern: /[A-Za-z_]\w*/,
  label: "a name",
  categories: [Word],
});

function keyword(name: string, image: string, ...categories: readonly TokenType[]): TokenType {
  return createToken({
    name,
    pattern: new RegExp(image),
    label: `"${image}"`,
    longer_alt: Identifier,
    categories: [...categories],
  });
}

export const Model = keyword("Model", "model", Word);
export const Data = keyword("Data", "data", Word);
export const Param = keyword("Param", "param", Word);
export const Scheme = keyword("Scheme", "scheme", Word);
export const Import = keyword("Import", "import", Word);
export const Experiment = keyword("Experiment", "experiment", Word);
export const Search = keyword("Search", "search", Word);
export const Diagnose = keyword("Diagnose", "diagnose", Word);
export const Export = keyword("Export", "export", Word);
export const Baseline = keyword("Baseline", "baseline", Word, ClauseKeyword);
export const Try = keyword("Try", "try", Word, ClauseKeyword);
export const Keep = keyword("Keep", "keep", Word, ClauseKeyword);
export const Where = keyword("Where", "where", Word, ClauseKeyword);
export const Measure = keyword("Measure", "measure", Word, ClauseKeyword);
export const Expect = keyword("Expect", "expect", Word, ClauseKeyword);
export const Show = keyword("Show", "show", Word, ClauseKeyword);
export const Choose = keyword("Choose", "choose", Word, ClauseKeyword);
export const Minimize = keyword("Minimize", "minimize", Word, ClauseKeyword);
export const Maximize = keyword("Maximize", "maximize", Word, ClauseKeyword);
export const SubjectTo = keyword("SubjectTo", "subject_to", Word, ClauseKeyword);
export const Budget = keyword("Budget", "budget", Word, ClauseKeyword);
export const To = keyword("To", "to", Word);
export const At = keyword("At", "at");
export const And = keyword("And", "and");
export const Or = keyword("Or", "or");
export const Not = keyword("Not", "not");

export const Blank = createToken({ name: "Blank", pattern: /[ \t\uFEFF\u00A0]+/, group: Lexer.SKIPPED });
export const LineComment = createToken({
  name: "LineComment",
  pattern: /\/\/[^\n\r]*/,
  start_chars_hint: ["/"],
  group: "comments",
});
export const BlockComment = createToken({
  name: "BlockComment",
  pattern: /\/\*[\s\S]*?\*\//,
  start_chars_hint: ["/"],
  line_breaks: true,
  group: "comments",
});
/** A comment whose end is missing runs to the end of the text and is reported. */
export const OpenComment = createToken({
  name: "OpenComment",
  pattern: /\/\*[\s\S]*/,
  start_chars_hint: ["/"],
  line_breaks: true,
  group: "comments",
});
export const Newline = createToken({ name: "Newline", pattern: /\r\n|\n|\r/, label: "end of line", line_breaks: true });

/** `1/16`: the quotient of two numbers, on one line. */
export const Fraction = createToken({
  name: "Fraction",
  pattern: new RegExp(String.raw`[+-]?${number}[ \t]*\/[ \t]*${number}`),
  label: "a number",
});
/** A number with its unit, written without a space: `256`, `99.9`, `1%`, `2x`, `10ms`. */
export const Quantity = createToken({
  name: "Quantity",
  pattern: new RegExp(String.raw`[+-]?${number}(?:%|[A-Za-z_]\w*)?`),
  label: "a number",
});
export const DoubleQuoted = createToken({
  name: "DoubleQuoted",
  pattern: /"(?:[^"\\\n\r]|\\[^\n\r])*"/,
  label: "a string",
  categories: [Text],
});
/** Two spellings that are mistakes, kept as strings so that the rest of the line still parses. */
export const SingleQuoted = createToken({
  name: "SingleQuoted",
  pattern: /'(?:[^'\\\n\r]|\\[^\n\r])*'/,
  label: "a string",
  categories: [Text],
});
export const OpenString = createToken({
  name: "OpenString",
  pattern: /["'][^\n\r]*/,
  label: "a string",
  categories: [Text],
});
/** `/conv_\d+/i` as JavaScript writes it; names of layers are matched with it. */
export const RegularExpression = createToken({
  name: "RegularExpression",
  pattern: /\/(?:[^/\\\n\r*]|\\[^\n\r])(?:[^/\\\n\r]|\\[^\n\r])*\/[a-z]*/,
  start_chars_hint: ["/"],
  label: "a regular expression",
});
/** `$name`: a value of the host, such as a TypeScript variable of the notebook. */
export const HostName = createToken({ name: "HostName", pattern: /\$[A-Za-z_]\w*/, label: "a $name" });

function mark(name: string, image: string, ...categories: readonly TokenType[]): TokenType {
  return createToken({ name, pattern: image, label: `"${image}"`, categories: [...categories] });
}

export const LCurly = mark("LCurly", "{");
export const RCurly = mark("RCurly", "}");
export const LParen = mark("LParen", "(");
export const RParen = mark("RParen", ")");
export const LSquare = mark("LSquare", "[");
export const RSquare = mark("RSquare", "]");
export const Comma = mark("Comma", ",");
export const Colon = mark("Colon", ":");
export const Pipe = mark("Pipe", "|");
export const Range = mark("Range", "..");
export const Dot = mark("Dot", ".");
export const LessEqual = mark("LessEqual", "<=", Comparator);
export const Less = mark("Less", "<", Comparator);
export const GreaterEqual = mark("GreaterEqual", ">=", Comparator);
export const Greater = mark("Greater", ">", Comparator);
export const NotEqual = mark("NotEqual", "!=", Comparator);
export const Equals = mark("Equals", "=", Comparator);

export const statementKeywords: readonly TokenType[] = [
  ...[Model, Data, Param, Scheme, Import, Experiment, Search, Diagnose, Export],
];
export const experimentKeywords: readonly TokenType[] = [
  ...[Model, Data, Baseline, Try, Keep, Where, Measure, Expect, Show],
];
export const searchKeywords: readonly TokenType[] = [
  ...[Model, Data, Choose, Minimize, Maximize, SubjectTo, Budget, Keep, Where, Measure, Show],
];

/** In matching order: comments before regular expressions, fractions before numbers, keywords before identifiers. */
export const tokens: TokenType[] = [
  ...[Blank, Newline, LineComment, BlockComment, OpenComment, RegularExpression],
  ...[Model, Data, Param, Scheme, Import, Experiment, Search, Diagnose, Export],
  ...[Baseline, Try, Keep, Where, Measure, Expect, Show, Choose, Minimize, Maximize, SubjectTo, Budget],
  ...[To, At, And, Or, Not, Identifier],
  ...[Fraction, Quantity, DoubleQuoted, SingleQuoted, OpenString, HostName],
  ...[LCurly, RCurly, LParen, RParen, LSquare, RSquare, Comma, Colon, Pipe, Range, Dot],
  ...[LessEqual, Less, GreaterEqual, Greater, NotEqual, Equals],
  ...[Word, ClauseKeyword, Comparator, Text],
];
