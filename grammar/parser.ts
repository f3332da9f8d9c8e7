import { CstParser } from "chevrotain";
import { type CountedMessages, countedMessages } from "./errors.js";
import * as t from "./tokens.js";

/**
 * The grammar: structure and nothing else. Rules carry no actions; the tree they leave is turned into the AST by
 * `src/language`. Recovery is on, so that one run reports every mistake; a recovered tree is never executed.
 * Newline tokens arrive only where they can end something (see `newlines.ts`).
 */
export class NibbleParser extends CstParser {
  constructor(options: { readonly validate?: boolean; readonly messages?: CountedMessages } = {}) {
    super(t.tokens, {
      recoveryEnabled: true,
      nodeLocationTracking: "onlyOffset",
      maxLookahead: 1,
      errorMessageProvider: options.messages ?? countedMessages(Number.POSITIVE_INFINITY),
      skipValidations: options.validate !== true,
    });
    this.performSelfAnalysis();
  }

  program = this.RULE("program", () => {
    this.MANY(() => {
      this.OR([
        { ALT: () => this.SUBRULE(this.modelStatement) },
        { ALT: () => this.SUBRULE(this.dataStatement) },
        { ALT: () => this.SUBRULE(this.paramStatement) },
        { ALT: () => this.SUBRULE(this.schemeStatement) },
        { ALT: () => this.SUBRULE(this.importStatement) },
        { ALT: () => this.SUBRULE(this.experimentStatement) },
        { ALT: () => this.SUBRULE(this.searchStatement) },
        { ALT: () => this.SUBRULE(this.diagnoseStatement) },
        { ALT: () => this.SUBRULE(this.exportStatement) },
        { ALT: () => this.SUBRULE(this.misplacedStatement) },
        { ALT: () => this.CONSUME(t.Newline) },
      ]);
    });
  });

  modelStatement = this.RULE("modelStatement", () => {
    this.CONSUME(t.Model);
    this.CONSUME(t.Word, { LABEL: "name" });
    this.CONSUME(t.Equals);
    this.SUBRULE(this.use);
  });

  dataStatement = this.RULE("dataStatement", () => {
    this.CONSUME(t.Data);
    this.CONSUME(t.Word, { LABEL: "name" });
    this.CONSUME(t.Equals);
    this.SUBRULE(this.use);
  });

  paramStatement = this.RULE("paramStatement", () => {
    this.CONSUME(t.Param);
    this.CONSUME(t.Word, { LABEL: "name" });
    this.CONSUME(t.Equals);
    this.SUBRULE(this.value);
  });

  schemeStatement = this.RULE("schemeStatement", () => {
    this.CONSUME(t.Scheme);
    this.CONSUME(t.Word, { LABEL: "name" });
    this.CONSUME(t.Equals);
    this.SUBRULE(this.use);
  });

  importStatement = this.RULE("importStatement", () => {
    this.CONSUME(t.Import);
    this.CONSUME(t.Text, { LABEL: "path" });
  });

  experimentStatement = this.RULE("experimentStatement", () => {
    this.CONSUME(t.Experiment);
    this.CONSUME(t.Word, { LABEL: "name" });
    this.CONSUME(t.LCurly);
    this.MANY(() => {
      this.OR([
        { ALT: () => this.SUBRULE(this.modelClause) },
        { ALT: () => this.SUBRULE(this.dataClause) },
        { ALT: () => this.SUBRULE(this.baselineClause) },
        { ALT: () => this.SUBRULE(this.tryClause) },
        { ALT: () => this.SUBRULE(this.keepClause) },
        { ALT: () => this.SUBRULE(this.whereClause) },
        { ALT: () => this.SUBRULE(this.measureClause) },
        { ALT: () => this.SUBRULE(this.expectClause) },
        { ALT: () => this.SUBRULE(this.showClause) },
        { ALT: () => this.SUBRULE(this.misplacedClause) },
        { ALT: () => this.CONSUME(t.Newline) },
      ]);
    });
    this.CONSUME(t.RCurly);
  });

  modelClause = this.RULE("modelClause", () => {
    this.CONSUME(t.Model);
    this.SUBRULE(this.use);
    this.MANY(() => {
      this.CONSUME(t.Pipe);
      this.SUBRULE2(this.use);
    });
  });

  dataClause = this.RULE("dataClause", () => {
    this.CONSUME(t.Data);
    this.SUBRULE(this.use);
    this.MANY(() => {
      this.CONSUME(t.Pipe);
      this.SUBRULE2(this.use);
    });
  });

  baselineClause = this.RULE("baselineClause", () => {
    this.CONSUME(t.Baseline);
    this.SUBRULE(this.use);
  });

  tryClause = this.RULE("tryClause", () => {
    this.CONSUME(t.Try);
    this.SUBRULE(this.use);
    this.MANY(() => {
      this.OR([{ ALT: () => this.CONSUME(t.Pipe) }, { ALT: () => this.CONSUME(t.Comma) }]);
      this.SUBRULE2(this.use);
    });
  });

  keepClause = this.RULE("keepClause", () => {
    this.CONSUME(t.Keep);
    this.CONSUME(t.Word, { LABEL: "what" });
    this.SUBRULE(this.value, { LABEL: "patterns" });
    this.MANY(() => {
      this.CONSUME(t.Comma);
      this.SUBRULE2(this.value, { LABEL: "patterns" });
    });
    this.CONSUME(t.At);
    this.SUBRULE3(this.value, { LABEL: "precision" });
  });

  whereClause = this.RULE("whereClause", () => {
    this.CONSUME(t.Where);
    this.SUBRULE(this.condition);
  });

  measureClause = this.RULE("measureClause", () => {
    this.CONSUME(t.Measure);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.use) });
  });

  expectClause = this.RULE("expectClause", () => {
    this.CONSUME(t.Expect);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.comparison) });
  });

  showClause = this.RULE("showClause", () => {
    this.CONSUME(t.Show);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.use) });
  });

  searchStatement = this.RULE("searchStatement", () => {
    this.CONSUME(t.Search);
    this.CONSUME(t.Word, { LABEL: "name" });
    this.CONSUME(t.LCurly);
    this.MANY(() => {
      this.OR([
        { ALT: () => this.SUBRULE(this.modelClause) },
        { ALT: () => this.SUBRULE(this.dataClause) },
        { ALT: () => this.SUBRULE(this.chooseClause) },
        { ALT: () => this.SUBRULE(this.goalClause) },
        { ALT: () => this.SUBRULE(this.subjectToClause) },
        { ALT: () => this.SUBRULE(this.budgetClause) },
        { ALT: () => this.SUBRULE(this.keepClause) },
        { ALT: () => this.SUBRULE(this.whereClause) },
        { ALT: () => this.SUBRULE(this.measureClause) },
        { ALT: () => this.SUBRULE(this.showClause) },
        { ALT: () => this.CONSUME(t.Newline) },
      ]);
    });
    this.CONSUME(t.RCurly);
  });

  chooseClause = this.RULE("chooseClause", () => {
    this.CONSUME(t.Choose);
    this.SUBRULE(this.value);
  });

  goalClause = this.RULE("goalClause", () => {
    this.OR([{ ALT: () => this.CONSUME(t.Minimize) }, { ALT: () => this.CONSUME(t.Maximize) }]);
    this.CONSUME(t.Word, { LABEL: "metric" });
  });

  subjectToClause = this.RULE("subjectToClause", () => {
    this.CONSUME(t.SubjectTo);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.comparison) });
  });

  budgetClause = this.RULE("budgetClause", () => {
    this.CONSUME(t.Budget);
    this.SUBRULE(this.value);
  });

  diagnoseStatement = this.RULE("diagnoseStatement", () => {
    this.CONSUME(t.Diagnose);
    this.SUBRULE(this.path);
    this.OPTION(() => this.SUBRULE(this.object));
  });

  exportStatement = this.RULE("exportStatement", () => {
    this.CONSUME(t.Export);
    this.SUBRULE(this.path);
    this.CONSUME(t.To);
    this.CONSUME(t.Text, { LABEL: "target" });
    this.OPTION(() => this.SUBRULE(this.object));
  });

  /** A line that begins no statement: kept whole, so that its first word can be named and the next line parses. */
  misplacedStatement = this.RULE("misplacedStatement", () => {
    this.OR([
      { ALT: () => this.CONSUME(t.Identifier, { LABEL: "word" }) },
      { ALT: () => this.CONSUME(t.ClauseKeyword, { LABEL: "word" }) },
    ]);
    this.SUBRULE(this.anything);
  });

  /** A line of an experiment that begins no clause. */
  misplacedClause = this.RULE("misplacedClause", () => {
    this.OR([
      { ALT: () => this.CONSUME(t.Identifier, { LABEL: "word" }) },
      { ALT: () => this.CONSUME(t.Choose, { LABEL: "word" }) },
      { ALT: () => this.CONSUME(t.Minimize, { LABEL: "word" }) },
      { ALT: () => this.CONSUME(t.Maximize, { LABEL: "word" }) },
      { ALT: () => this.CONSUME(t.SubjectTo, { LABEL: "word" }) },
      { ALT: () => this.CONSUME(t.Budget, { LABEL: "word" }) },
    ]);
    this.SUBRULE(this.anything);
  });

  /** The rest of a misplaced line, braces balanced. */
  anything = this.RULE("anything", () => {
    this.MANY(() => {
      this.OR([
        { ALT: () => this.CONSUME(t.Word) },
        { ALT: () => this.CONSUME(t.Text) },
        { ALT: () => this.CONSUME(t.Fraction) },
        { ALT: () => this.CONSUME(t.Quantity) },
        { ALT: () => this.CONSUME(t.HostName) },
        { ALT: () => this.CONSUME(t.RegularExpression) },
        { ALT: () => this.CONSUME(t.Comparator) },
        { ALT: () => this.CONSUME(t.Comma) },
        { ALT: () => this.CONSUME(t.Colon) },
        { ALT: () => this.CONSUME(t.Pipe) },
        { ALT: () => this.CONSUME(t.Range) },
        { ALT: () => this.CONSUME(t.Dot) },
        { ALT: () => this.CONSUME(t.At) },
        { ALT: () => this.CONSUME(t.And) },
        { ALT: () => this.CONSUME(t.Or) },
        { ALT: () => this.CONSUME(t.Not) },
        { ALT: () => this.CONSUME(t.LParen) },
        { ALT: () => this.CONSUME(t.RParen) },
        { ALT: () => this.CONSUME(t.LSquare) },
        { ALT: () => this.CONSUME(t.RSquare) },
        { ALT: () => this.SUBRULE(this.anyBraces) },
      ]);
    });
  });

  anyBraces = this.RULE("anyBraces", () => {
    this.CONSUME(t.LCurly);
    this.SUBRULE(this.anything);
    this.MANY(() => {
      this.CONSUME(t.Newline);
      this.SUBRULE2(this.anything);
    });
    this.CONSUME(t.RCurly);
  });

  /** Something by name, with what it is given: `tfjs("m.json") { input_shape: [28, 28, 1] }`. */
  use = this.RULE("use", () => {
    this.OR([
      { ALT: () => this.CONSUME(t.HostName, { LABEL: "name" }) },
      { ALT: () => this.CONSUME(t.Word, { LABEL: "name" }) },
    ]);
    this.OPTION(() => this.SUBRULE(this.arguments));
    this.OPTION2(() => this.SUBRULE(this.object));
  });

  arguments = this.RULE("arguments", () => {
    this.CONSUME(t.LParen);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.value) });
    this.CONSUME(t.RParen);
  });

  object = this.RULE("object", () => {
    this.CONSUME(t.LCurly);
    this.OPTION(() => this.SUBRULE(this.entry));
    this.MANY(() => {
      this.OR([{ ALT: () => this.CONSUME(t.Comma) }, { ALT: () => this.CONSUME(t.Newline) }]);
      this.OPTION2({ GATE: () => this.atEntry(), DEF: () => this.SUBRULE2(this.entry) });
    });
    this.CONSUME(t.RCurly);
  });

  entry = this.RULE("entry", () => {
    this.CONSUME(t.Word, { LABEL: "key" });
    this.CONSUME(t.Colon);
    this.SUBRULE(this.value);
  });

  /** Values with `|` between them make an axis; one value is itself. */
  value = this.RULE("value", () => {
    this.SUBRULE(this.phrase);
    this.MANY(() => {
      this.CONSUME(t.Pipe);
      this.SUBRULE2(this.phrase);
    });
  });

  /** Words that belong together: `int8 per_channel`, `train 80% test 20% seed 7`. */
  phrase = this.RULE("phrase", () => {
    this.AT_LEAST_ONE(() => {
      this.OR([
        { ALT: () => this.SUBRULE(this.range) },
        { ALT: () => this.CONSUME(t.Fraction) },
        { ALT: () => this.CONSUME(t.Text) },
        { ALT: () => this.CONSUME(t.HostName) },
        { ALT: () => this.CONSUME(t.RegularExpression) },
        { ALT: () => this.SUBRULE(this.call) },
        { ALT: () => this.SUBRULE(this.list) },
        { ALT: () => this.SUBRULE(this.object) },
      ]);
    });
  });

  range = this.RULE("range", () => {
    this.CONSUME(t.Quantity, { LABEL: "from" });
    this.OPTION(() => {
      this.CONSUME(t.Range);
      this.CONSUME2(t.Quantity, { LABEL: "to" });
    });
  });

  call = this.RULE("call", () => {
    this.CONSUME(t.Word, { LABEL: "name" });
    this.OPTION(() => this.SUBRULE(this.arguments));
  });

  list = this.RULE("list", () => {
    this.CONSUME(t.LSquare);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.value) });
    this.CONSUME(t.RSquare);
  });

  condition = this.RULE("condition", () => {
    this.SUBRULE(this.conjunction);
    this.MANY(() => {
      this.CONSUME(t.Or);
      this.SUBRULE2(this.conjunction);
    });
  });

  conjunction = this.RULE("conjunction", () => {
    this.SUBRULE(this.negation);
    this.MANY(() => {
      this.CONSUME(t.And);
      this.SUBRULE2(this.negation);
    });
  });

  negation = this.RULE("negation", () => {
    this.MANY(() => this.CONSUME(t.Not));
    this.OR([
      {
        ALT: () => {
          this.CONSUME(t.LParen);
          this.SUBRULE(this.condition);
          this.CONSUME(t.RParen);
        },
      },
      { ALT: () => this.SUBRULE(this.comparison) },
    ]);
  });

  comparison = this.RULE("comparison", () => {
    this.SUBRULE(this.path);
    this.CONSUME(t.Comparator);
    this.SUBRULE(this.value);
  });

  path = this.RULE("path", () => {
    this.AT_LEAST_ONE_SEP({ SEP: t.Dot, DEF: () => this.SUBRULE(this.call) });
  });

  /** A keyword without a colon after it begins the next clause, not an entry: then a `}` is missing. */
  private atEntry(): boolean {
    return this.LA(1).tokenType === t.Identifier || this.LA(2).tokenType === t.Colon;
  }

  /** Braces, brackets and line ends are never made up or dropped silently, save a missing closing one. */
  override canTokenTypeBeDeletedInRecovery(): boolean {
    return false;
  }
}
