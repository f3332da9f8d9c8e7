import type { Span } from "../../base/span.js";

/** The abstract syntax tree: plain data, unions on `kind`, a span on every node. Names are not resolved yet. */
interface Node {
  readonly span: Span;
}

export interface Name extends Node {
  readonly kind: "name";
  readonly name: string;
}

export interface HostReference extends Node {
  readonly kind: "host";
  /** Without the `$`. */
  readonly name: string;
}

export interface NumberValue extends Node {
  readonly kind: "number";
  /** As written, before the unit applies; a fraction is its quotient. */
  readonly value: number;
  readonly unit?: string;
}

export interface StringValue extends Node {
  readonly kind: "string";
  /** Escapes resolved. */
  readonly value: string;
}

export interface RegexValue extends Node {
  readonly kind: "regex";
  readonly pattern: string;
  readonly flags: string;
}

export interface RangeValue extends Node {
  readonly kind: "range";
  readonly from: NumberValue;
  readonly to: NumberValue;
}

/** A name, with arguments where it has parentheses. */
export interface CallValue extends Node {
  readonly kind: "call";
  readonly name: string;
  readonly nameSpan: Span;
  readonly arguments?: readonly Value[];
}

export interface ListValue extends Node {
  readonly kind: "list";
  readonly items: readonly Value[];
}

export interface Entry extends Node {
  readonly key: Name;
  readonly value: Value;
}

export interface ObjectValue extends Node {
  readonly kind: "object";
  readonly entries: readonly Entry[];
}

/** Two or more values side by side: `int8 per_channel`. */
export interface PhraseValue extends Node {
  readonly kind: "phrase";
  readonly parts: readonly Atom[];
}

/** Two or more values with `|` between them. */
export interface AxisValue extends Node {
  readonly kind: "axis";
  readonly values: readonly Value[];
}

export type Atom =
  | NumberValue
  | StringValue
  | RegexValue
  | RangeValue
  | CallValue
  | ListValue
  | ObjectValue
  | HostReference;
export type Value = Atom | PhraseValue | AxisValue;

/** Something by name with what it is given: `csv("digits.csv") { label: digit }`. */
export interface Use extends Node {
  readonly kind: "use";
  readonly target: Name | HostReference;
  readonly arguments?: readonly Value[];
  readonly options?: ObjectValue;
  /** True where a part could not be read: what seems to be missing may be there. */
  readonly partial: boolean;
}

export type Comparator = "=" | "!=" | "<" | "<=" | ">" | ">=";

export interface Comparison extends Node {
  readonly kind: "comparison";
  /** `static.samples`: names with dots between them. */
  readonly path: readonly CallValue[];
  readonly pathSpan: Span;
  readonly comparator: Comparator;
  readonly value: Value;
}

export interface Not extends Node {
  readonly kind: "not";
  readonly operand: Condition;
}

/** Two or more operands. */
export interface Logical extends Node {
  readonly kind: "and" | "or";
  readonly operands: readonly Condition[];
}

export type Condition = Comparison | Not | Logical;

export interface ModelStatement extends Node {
  readonly kind: "model";
  readonly name: Name;
  /** Absent where the text after `=` could not be read; the name is known all the same. */
  readonly source?: Use;
}

export interface DataStatement extends Node {
  readonly kind: "data";
  readonly name: Name;
  readonly source?: Use;
}

export interface ParamStatement extends Node {
  readonly kind: "param";
  readonly name: Name;
  readonly value?: Value;
}

export interface SchemeStatement extends Node {
  readonly kind: "scheme";
  readonly name: Name;
  readonly base?: Use;
}

export interface ImportStatement extends Node {
  readonly kind: "import";
  readonly path: StringValue;
}

export interface ModelClause extends Node {
  readonly kind: "model_clause";
  readonly uses: readonly Use[];
}

export interface DataClause extends Node {
  readonly kind: "data_clause";
  readonly uses: readonly Use[];
}

export interface BaselineClause extends Node {
  readonly kind: "baseline";
  readonly use: Use;
}

export interface TryClause extends Node {
  readonly kind: "try";
  readonly uses: readonly Use[];
}

export interface KeepClause extends Node {
  readonly kind: "keep";
  readonly what: Name;
  readonly patterns: readonly Value[];
  readonly precision: Value;
}

export interface WhereClause extends Node {
  readonly kind: "where";
  readonly condition: Condition;
}

export interface MeasureClause extends Node {
  readonly kind: "measure";
  readonly uses: readonly Use[];
}

export interface ExpectClause extends Node {
  readonly kind: "expect";
  readonly comparisons: readonly Comparison[];
}

export interface ShowClause extends Node {
  readonly kind: "show";
  readonly uses: readonly Use[];
}

export type Clause =
  | ModelClause
  | DataClause
  | BaselineClause
  | TryClause
  | KeepClause
  | WhereClause
  | MeasureClause
  | ExpectClause
  | ShowClause;

export interface ExperimentStatement extends Node {
  readonly kind: "experiment";
  readonly name: Name;
  readonly clauses: readonly Clause[];
  /** True where a clause could not be read: what seems to be missing may be there. */
  readonly partial: boolean;
}

export interface DiagnoseStatement extends Node {
  readonly kind: "diagnose";
  /** `sweep.static`: names with dots between them. */
  readonly path: readonly CallValue[];
  readonly pathSpan: Span;
  /** What stands in braces behind it; nothing takes it. */
  readonly options?: ObjectValue;
}

export interface ExportStatement extends Node {
  readonly kind: "export";
  /** `sweep.best(latency)`: names with dots between them. */
  readonly path: readonly CallValue[];
  readonly pathSpan: Span;
  /** The folder that is written; absent where it could not be read. */
  readonly target?: StringValue;
  readonly options?: ObjectValue;
}

/** A statement that the grammar knows and that nothing carries out yet. */
export interface LaterStatement extends Node {
  readonly kind: "search";
  /** The keyword alone. */
  readonly keyword: Span;
}

export type Statement =
  | ModelStatement
  | DataStatement
  | ParamStatement
  | SchemeStatement
  | ImportStatement
  | ExperimentStatement
  | DiagnoseStatement
  | ExportStatement
  | LaterStatement;

export interface Program extends Node {
  readonly kind: "program";
  readonly statements: readonly Statement[];
}
