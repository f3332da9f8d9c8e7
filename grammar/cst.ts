// Generated from parser.ts by "npx tsx grammar/generate.ts". Do not edit.
// biome-ignore-all format: generated
// biome-ignore-all lint: generated
import type { CstNode, ICstVisitor, IToken } from "chevrotain";

export interface ProgramCstNode extends CstNode {
  name: "program";
  children: ProgramCstChildren;
}

export type ProgramCstChildren = {
  modelStatement?: ModelStatementCstNode[];
  dataStatement?: DataStatementCstNode[];
  paramStatement?: ParamStatementCstNode[];
  schemeStatement?: SchemeStatementCstNode[];
  importStatement?: ImportStatementCstNode[];
  experimentStatement?: ExperimentStatementCstNode[];
  searchStatement?: SearchStatementCstNode[];
  diagnoseStatement?: DiagnoseStatementCstNode[];
  exportStatement?: ExportStatementCstNode[];
  misplacedStatement?: MisplacedStatementCstNode[];
  Newline?: IToken[];
};

export interface ModelStatementCstNode extends CstNode {
  name: "modelStatement";
  children: ModelStatementCstChildren;
}

export type ModelStatementCstChildren = {
  Model: IToken[];
  name: IToken[];
  Equals: IToken[];
  use: UseCstNode[];
};

export interface DataStatementCstNode extends CstNode {
  name: "dataStatement";
  children: DataStatementCstChildren;
}

export type DataStatementCstChildren = {
  Data: IToken[];
  name: IToken[];
  Equals: IToken[];
  use: UseCstNode[];
};

export interface ParamStatementCstNode extends CstNode {
  name: "paramStatement";
  children: ParamStatementCstChildren;
}

export type ParamStatementCstChildren = {
  Param: IToken[];
  name: IToken[];
  Equals: IToken[];
  value: ValueCstNode[];
};

export interface SchemeStatementCstNode extends CstNode {
  name: "schemeStatement";
  children: SchemeStatementCstChildren;
}

export type SchemeStatementCstChildren = {
  Scheme: IToken[];
  name: IToken[];
  Equals: IToken[];
  use: UseCstNode[];
};

export interface ImportStatementCstNode extends CstNode {
  name: "importStatement";
  children: ImportStatementCstChildren;
}

export type ImportStatementCstChildren = {
  Import: IToken[];
  path: IToken[];
};

export interface ExperimentStatementCstNode extends CstNode {
  name: "experimentStatement";
  children: ExperimentStatementCstChildren;
}

export type ExperimentStatementCstChildren = {
  Experiment: IToken[];
  name: IToken[];
  LCurly: IToken[];
  modelClause?: ModelClauseCstNode[];
  dataClause?: DataClauseCstNode[];
  baselineClause?: BaselineClauseCstNode[];
  tryClause?: TryClauseCstNode[];
  keepClause?: KeepClauseCstNode[];
  whereClause?: WhereClauseCstNode[];
  measureClause?: MeasureClauseCstNode[];
  expectClause?: ExpectClauseCstNode[];
  showClause?: ShowClauseCstNode[];
  misplacedClause?: MisplacedClauseCstNode[];
  Newline?: IToken[];
  RCurly: IToken[];
};

export interface ModelClauseCstNode extends CstNode {
  name: "modelClause";
  children: ModelClauseCstChildren;
}

export type ModelClauseCstChildren = {
  Model: IToken[];
  use: (UseCstNode)[];
  Pipe?: IToken[];
};

export interface DataClauseCstNode extends CstNode {
  name: "dataClause";
  children: DataClauseCstChildren;
}

export type DataClauseCstChildren = {
  Data: IToken[];
  use: (UseCstNode)[];
  Pipe?: IToken[];
};

export interface BaselineClauseCstNode extends CstNode {
  name: "baselineClause";
  children: BaselineClauseCstChildren;
}

export type BaselineClauseCstChildren = {
  Baseline: IToken[];
  use: UseCstNode[];
};

export interface TryClauseCstNode extends CstNode {
  name: "tryClause";
  children: TryClauseCstChildren;
}

export type TryClauseCstChildren = {
  Try: IToken[];
  use: (UseCstNode)[];
  Pipe?: IToken[];
  Comma?: IToken[];
};

export interface KeepClauseCstNode extends CstNode {
  name: "keepClause";
  children: KeepClauseCstChildren;
}

export type KeepClauseCstChildren = {
  Keep: IToken[];
  what: IToken[];
  patterns: (ValueCstNode)[];
  Comma?: IToken[];
  At: IToken[];
  precision: ValueCstNode[];
};

export interface WhereClauseCstNode extends CstNode {
  name: "whereClause";
  children: WhereClauseCstChildren;
}

export type WhereClauseCstChildren = {
  Where: IToken[];
  condition: ConditionCstNode[];
};

export interface MeasureClauseCstNode extends CstNode {
  name: "measureClause";
  children: MeasureClauseCstChildren;
}

export type MeasureClauseCstChildren = {
  Measure: IToken[];
  use: UseCstNode[];
  Comma?: IToken[];
};

export interface ExpectClauseCstNode extends CstNode {
  name: "expectClause";
  children: ExpectClauseCstChildren;
}

export type ExpectClauseCstChildren = {
  Expect: IToken[];
  comparison: ComparisonCstNode[];
  Comma?: IToken[];
};

export interface ShowClauseCstNode extends CstNode {
  name: "showClause";
  children: ShowClauseCstChildren;
}

export type ShowClauseCstChildren = {
  Show: IToken[];
  use: UseCstNode[];
  Comma?: IToken[];
};

export interface SearchStatementCstNode extends CstNode {
  name: "searchStatement";
  children: SearchStatementCstChildren;
}

export type SearchStatementCstChildren = {
  Search: IToken[];
  name: IToken[];
  LCurly: IToken[];
  modelClause?: ModelClauseCstNode[];
  dataClause?: DataClauseCstNode[];
  chooseClause?: ChooseClauseCstNode[];
  goalClause?: GoalClauseCstNode[];
  subjectToClause?: SubjectToClauseCstNode[];
  budgetClause?: BudgetClauseCstNode[];
  keepClause?: KeepClauseCstNode[];
  whereClause?: WhereClauseCstNode[];
  measureClause?: MeasureClauseCstNode[];
  showClause?: ShowClauseCstNode[];
  Newline?: IToken[];
  RCurly: IToken[];
};

export interface ChooseClauseCstNode extends CstNode {
  name: "chooseClause";
  children: ChooseClauseCstChildren;
}

export type ChooseClauseCstChildren = {
  Choose: IToken[];
  value: ValueCstNode[];
};

export interface GoalClauseCstNode extends CstNode {
  name: "goalClause";
  children: GoalClauseCstChildren;
}

export type GoalClauseCstChildren = {
  Minimize?: IToken[];
  Maximize?: IToken[];
  metric: IToken[];
};

export interface SubjectToClauseCstNode extends CstNode {
  name: "subjectToClause";
  children: SubjectToClauseCstChildren;
}

export type SubjectToClauseCstChildren = {
  SubjectTo: IToken[];
  comparison: ComparisonCstNode[];
  Comma?: IToken[];
};

export interface BudgetClauseCstNode extends CstNode {
  name: "budgetClause";
  children: BudgetClauseCstChildren;
}

export type BudgetClauseCstChildren = {
  Budget: IToken[];
  value: ValueCstNode[];
};

export interface DiagnoseStatementCstNode extends CstNode {
  name: "diagnoseStatement";
  children: DiagnoseStatementCstChildren;
}

export type DiagnoseStatementCstChildren = {
  Diagnose: IToken[];
  path: PathCstNode[];
  object?: ObjectCstNode[];
};

export interface ExportStatementCstNode extends CstNode {
  name: "exportStatement";
  children: ExportStatementCstChildren;
}

export type ExportStatementCstChildren = {
  Export: IToken[];
  path: PathCstNode[];
  To: IToken[];
  target: IToken[];
  object?: ObjectCstNode[];
};

export interface MisplacedStatementCstNode extends CstNode {
  name: "misplacedStatement";
  children: MisplacedStatementCstChildren;
}

export type MisplacedStatementCstChildren = {
  word?: (IToken)[];
  anything: AnythingCstNode[];
};

export interface MisplacedClauseCstNode extends CstNode {
  name: "misplacedClause";
  children: MisplacedClauseCstChildren;
}

export type MisplacedClauseCstChildren = {
  word?: (IToken)[];
  anything: AnythingCstNode[];
};

export interface AnythingCstNode extends CstNode {
  name: "anything";
  children: AnythingCstChildren;
}

export type AnythingCstChildren = {
  Word?: IToken[];
  Text?: IToken[];
  Fraction?: IToken[];
  Quantity?: IToken[];
  HostName?: IToken[];
  RegularExpression?: IToken[];
  Comparator?: IToken[];
  Comma?: IToken[];
  Colon?: IToken[];
  Pipe?: IToken[];
  Range?: IToken[];
  Dot?: IToken[];
  At?: IToken[];
  And?: IToken[];
  Or?: IToken[];
  Not?: IToken[];
  LParen?: IToken[];
  RParen?: IToken[];
  LSquare?: IToken[];
  RSquare?: IToken[];
  anyBraces?: AnyBracesCstNode[];
};

export interface AnyBracesCstNode extends CstNode {
  name: "anyBraces";
  children: AnyBracesCstChildren;
}

export type AnyBracesCstChildren = {
  LCurly: IToken[];
  anything: (AnythingCstNode)[];
  Newline?: IToken[];
  RCurly: IToken[];
};

export interface UseCstNode extends CstNode {
  name: "use";
  children: UseCstChildren;
}

export type UseCstChildren = {
  name?: (IToken)[];
  arguments?: ArgumentsCstNode[];
  object?: ObjectCstNode[];
};

export interface ArgumentsCstNode extends CstNode {
  name: "arguments";
  children: ArgumentsCstChildren;
}

export type ArgumentsCstChildren = {
  LParen: IToken[];
  value?: ValueCstNode[];
  Comma?: IToken[];
  RParen: IToken[];
};

export interface ObjectCstNode extends CstNode {
  name: "object";
  children: ObjectCstChildren;
}

export type ObjectCstChildren = {
  LCurly: IToken[];
  entry?: (EntryCstNode)[];
  Comma?: IToken[];
  Newline?: IToken[];
  RCurly: IToken[];
};

export interface EntryCstNode extends CstNode {
  name: "entry";
  children: EntryCstChildren;
}

export type EntryCstChildren = {
  key: IToken[];
  Colon: IToken[];
  value: ValueCstNode[];
};

export interface ValueCstNode extends CstNode {
  name: "value";
  children: ValueCstChildren;
}

export type ValueCstChildren = {
  phrase: (PhraseCstNode)[];
  Pipe?: IToken[];
};

export interface PhraseCstNode extends CstNode {
  name: "phrase";
  children: PhraseCstChildren;
}

export type PhraseCstChildren = {
  range?: RangeCstNode[];
  Fraction?: IToken[];
  Text?: IToken[];
  HostName?: IToken[];
  RegularExpression?: IToken[];
  call?: CallCstNode[];
  list?: ListCstNode[];
  object?: ObjectCstNode[];
};

export interface RangeCstNode extends CstNode {
  name: "range";
  children: RangeCstChildren;
}

export type RangeCstChildren = {
  from: IToken[];
  Range?: IToken[];
  to?: IToken[];
};

export interface CallCstNode extends CstNode {
  name: "call";
  children: CallCstChildren;
}

export type CallCstChildren = {
  name: IToken[];
  arguments?: ArgumentsCstNode[];
};

export interface ListCstNode extends CstNode {
  name: "list";
  children: ListCstChildren;
}

export type ListCstChildren = {
  LSquare: IToken[];
  value?: ValueCstNode[];
  Comma?: IToken[];
  RSquare: IToken[];
};

export interface ConditionCstNode extends CstNode {
  name: "condition";
  children: ConditionCstChildren;
}

export type ConditionCstChildren = {
  conjunction: (ConjunctionCstNode)[];
  Or?: IToken[];
};

export interface ConjunctionCstNode extends CstNode {
  name: "conjunction";
  children: ConjunctionCstChildren;
}

export type ConjunctionCstChildren = {
  negation: (NegationCstNode)[];
  And?: IToken[];
};

export interface NegationCstNode extends CstNode {
  name: "negation";
  children: NegationCstChildren;
}

export type NegationCstChildren = {
  Not?: IToken[];
  LParen?: IToken[];
  condition?: ConditionCstNode[];
  RParen?: IToken[];
  comparison?: ComparisonCstNode[];
};

export interface ComparisonCstNode extends CstNode {
  name: "comparison";
  children: ComparisonCstChildren;
}

export type ComparisonCstChildren = {
  path: PathCstNode[];
  Comparator: IToken[];
  value: ValueCstNode[];
};

export interface PathCstNode extends CstNode {
  name: "path";
  children: PathCstChildren;
}

export type PathCstChildren = {
  call: CallCstNode[];
  Dot?: IToken[];
};

export interface NibbleCstVisitor<IN, OUT> extends ICstVisitor<IN, OUT> {
  program(children: ProgramCstChildren, param?: IN): OUT;
  modelStatement(children: ModelStatementCstChildren, param?: IN): OUT;
  dataStatement(children: DataStatementCstChildren, param?: IN): OUT;
  paramStatement(children: ParamStatementCstChildren, param?: IN): OUT;
  schemeStatement(children: SchemeStatementCstChildren, param?: IN): OUT;
  importStatement(children: ImportStatementCstChildren, param?: IN): OUT;
  experimentStatement(children: ExperimentStatementCstChildren, param?: IN): OUT;
  modelClause(children: ModelClauseCstChildren, param?: IN): OUT;
  dataClause(children: DataClauseCstChildren, param?: IN): OUT;
  baselineClause(children: BaselineClauseCstChildren, param?: IN): OUT;
  tryClause(children: TryClauseCstChildren, param?: IN): OUT;
  keepClause(children: KeepClauseCstChildren, param?: IN): OUT;
  whereClause(children: WhereClauseCstChildren, param?: IN): OUT;
  measureClause(children: MeasureClauseCstChildren, param?: IN): OUT;
  expectClause(children: ExpectClauseCstChildren, param?: IN): OUT;
  showClause(children: ShowClauseCstChildren, param?: IN): OUT;
  searchStatement(children: SearchStatementCstChildren, param?: IN): OUT;
  chooseClause(children: ChooseClauseCstChildren, param?: IN): OUT;
  goalClause(children: GoalClauseCstChildren, param?: IN): OUT;
  subjectToClause(children: SubjectToClauseCstChildren, param?: IN): OUT;
  budgetClause(children: BudgetClauseCstChildren, param?: IN): OUT;
  diagnoseStatement(children: DiagnoseStatementCstChildren, param?: IN): OUT;
  exportStatement(children: ExportStatementCstChildren, param?: IN): OUT;
  misplacedStatement(children: MisplacedStatementCstChildren, param?: IN): OUT;
  misplacedClause(children: MisplacedClauseCstChildren, param?: IN): OUT;
  anything(children: AnythingCstChildren, param?: IN): OUT;
  anyBraces(children: AnyBracesCstChildren, param?: IN): OUT;
  use(children: UseCstChildren, param?: IN): OUT;
  arguments(children: ArgumentsCstChildren, param?: IN): OUT;
  object(children: ObjectCstChildren, param?: IN): OUT;
  entry(children: EntryCstChildren, param?: IN): OUT;
  value(children: ValueCstChildren, param?: IN): OUT;
  phrase(children: PhraseCstChildren, param?: IN): OUT;
  range(children: RangeCstChildren, param?: IN): OUT;
  call(children: CallCstChildren, param?: IN): OUT;
  list(children: ListCstChildren, param?: IN): OUT;
  condition(children: ConditionCstChildren, param?: IN): OUT;
  conjunction(children: ConjunctionCstChildren, param?: IN): OUT;
  negation(children: NegationCstChildren, param?: IN): OUT;
  comparison(children: ComparisonCstChildren, param?: IN): OUT;
  path(children: PathCstChildren, param?: IN): OUT;
}
