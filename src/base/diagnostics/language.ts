import { listed, nameHint, type WordingOf } from "./wording.js";

/** A name that is not known, with what is. */
interface UnknownFacts {
  readonly name: string;
  readonly known: readonly string[];
  readonly nearest?: string;
}

/** Syntax: the text is not of the language's form. */
export interface SyntaxFacts {
  "unexpected-character": { readonly character: string };
  /** `expected` are labels: `"="`, `a name`, `a value`. `rule` is the grammar rule that was being read. */
  "unexpected-token": { readonly found: string; readonly expected: readonly string[]; readonly rule: string };
  "unclosed-bracket": { readonly bracket: string; readonly line: number; readonly found: string };
  "unterminated-string": Record<never, never>;
  "single-quotes": Record<never, never>;
  "unterminated-comment": Record<never, never>;
  "unknown-escape": { readonly sequence: string };
  "program-too-deep": { readonly limit: number };
  "program-too-long": { readonly limit: number };
  "division-by-zero": Record<never, never>;
  "number-not-finite": { readonly text: string };
  "unknown-statement": UnknownFacts;
  "unknown-clause": UnknownFacts;
  "clause-outside-experiment": { readonly clause: string };
  /** Part of the language, not yet of this version. */
  "statement-not-available": { readonly statement: string };
}

/** Names, definitions and files. */
export interface NameFacts {
  /** `kind`: "model", "data set", "scheme", "data reader", "measure", "metric", "view", ... */
  "unknown-name": UnknownFacts & { readonly kind: string };
  "unknown-option": UnknownFacts & { readonly owner: string };
  "missing-option": { readonly owner: string; readonly option: string; readonly summary: string };
  "duplicate-name": { readonly kind: string; readonly name: string; readonly first: string };
  "duplicate-option": { readonly option: string; readonly line: number };
  "duplicate-clause": { readonly clause: string; readonly line: number };
  "scheme-name-taken": { readonly name: string };
  "definition-cycle": { readonly kind: string; readonly chain: readonly string[] };
  "import-cycle": { readonly chain: readonly string[] };
  "import-unreadable": { readonly path: string; readonly reason: string };
  "too-many-imports": { readonly limit: number };
  "path-refused": { readonly path: string; readonly reason: string };
  "remote-path": { readonly path: string };
  "path-missing": { readonly name: string; readonly source: string };
  "arguments-unexpected": { readonly name: string; readonly options: boolean };
  "unknown-host-value": UnknownFacts;
  "host-value-kind": { readonly name: string; readonly expected: string; readonly found: string };
  /** A parameter from outside (`-p name=value`) that no `param` statement declares. */
  "unknown-parameter": UnknownFacts;
  "parameter-type": {
    readonly name: string;
    readonly expected: string;
    readonly found: string;
    readonly default: string;
  };
  "parameter-syntax": { readonly name: string; readonly text: string };
}

/** Values of options. */
export interface ValueFacts {
  "value-type": { readonly option: string; readonly expected: string; readonly found: string };
  "value-range": { readonly option: string; readonly value: string; readonly min?: string; readonly max?: string };
  "unknown-unit": UnknownFacts;
  "wrong-unit": { readonly option: string; readonly unit: string; readonly expected: readonly string[] };
  "missing-unit": { readonly option: string; readonly value: string; readonly expected: readonly string[] };
  "unknown-choice": UnknownFacts & { readonly option: string };
  "choice-argument": {
    readonly choice: string;
    readonly problem: "unexpected" | "count" | "missing";
    readonly argument?: string;
  };
  "phrase-conflict": { readonly option: string; readonly first: string; readonly second: string };
  "phrase-incomplete": { readonly option: string; readonly found: string; readonly expected: readonly string[] };
  "split-sum": { readonly train: number; readonly test: number };
  "no-sweep": { readonly option: string };
  "range-invalid": { readonly text: string; readonly reason: string };
  "too-many-values": { readonly limit: number };
  "unknown-column": UnknownFacts & { readonly data: string };
  "regex-invalid": { readonly pattern: string; readonly reason: string };
}

/** Experiments: clauses against each other, the model and the data. */
export interface ExperimentFacts {
  "missing-clause": { readonly experiment: string; readonly clause: string };
  "one-per-experiment": { readonly what: string };
  "baseline-not-fp32": { readonly name: string };
  "nothing-to-try": { readonly experiment: string };
  "keep-matches-nothing": { readonly pattern: string; readonly layers: readonly string[]; readonly nearest?: string };
  "keep-nothing-to-quantize": { readonly pattern: string; readonly layers: readonly string[] };
  "unknown-axis": UnknownFacts & { readonly scheme?: string };
  "where-prunes-nothing": { readonly clause: string };
  "where-prunes-all": { readonly experiment: string; readonly cells: number };
  "comparison-order": { readonly name: string; readonly comparator: string };
  "expectation-form": { readonly text: string };
  "needs-measure": { readonly metric: string; readonly measure: string };
  "view-arguments": { readonly view: string; readonly form: string };
  "too-many-trials": { readonly experiment: string; readonly limit: number };
  /** `everywhere`: no CPU profile executes it, not only this machine's. */
  "cannot-execute": {
    readonly scheme: string;
    readonly reason: string;
    readonly cells: number;
    readonly of: number;
    readonly everywhere: boolean;
  };
  "shape-mismatch": {
    readonly model: string;
    readonly input: string;
    readonly wanted: readonly (number | null)[];
    readonly data: string;
    readonly given: readonly number[];
  };
  "input-count-mismatch": {
    readonly model: string;
    readonly inputs: readonly string[];
    readonly data: string;
    readonly given: number;
  };
  "open-input-shape": { readonly model: string; readonly input: string; readonly shape: readonly (number | null)[] };
  "no-training-samples": { readonly scheme: string; readonly data: string };
  "too-few-training-samples": {
    readonly scheme: string;
    readonly samples: number;
    readonly data: string;
    readonly train: number;
  };
}

export type LanguageFacts = SyntaxFacts & NameFacts & ValueFacts & ExperimentFacts;

const nearestOr = (facts: UnknownFacts, what: string) => nameHint(facts.nearest, facts.known, what);
const alternatives = (words: readonly string[]) =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
const quoted = (found: string) => (found.startsWith("end of ") ? found : `"${found}"`);
const shaped = (shape: readonly (number | null)[]) => `[${shape.map((size) => size ?? "?").join(", ")}]`;
const product = (shape: readonly (number | null)[]) =>
  shape.reduce<number>((all, size) => all * (size ?? Number.NaN), 1);

const characterHints: Readonly<Record<string, string>> = {
  ";": "statements end at the end of the line; remove it",
  "#": "comments begin with //",
  "\u201C": 'strings use plain quotes: "text"',
  "\u201D": 'strings use plain quotes: "text"',
  "\u2018": 'strings use plain quotes: "text"',
  "\u2019": 'strings use plain quotes: "text"',
  "`": 'strings use plain quotes: "text"',
  "-": "names are made of letters, digits and _; a name with other characters is written as a string",
  "/": 'a regular expression is written /pattern/, a path as a string: "folder/file"',
  "*": 'a pattern with * is written as a string: "conv*"',
  "&": "conditions are joined with `and`",
  $: "a value of the host is written $name",
  "!": "conditions are negated with `not`, and != compares",
};

/** The example that a message about a missing or misplaced clause shows. */
const clauseExamples: Readonly<Record<string, string>> = {
  model: "model digits_cnn",
  data: "data digits",
  baseline: "baseline fp32",
  try: "try static { calibration: minmax }",
};

const syntaxWording: WordingOf<SyntaxFacts> = {
  "unexpected-character": ({ character }) => {
    const hint = characterHints[character];
    return { message: `the character "${character}" has no meaning here`, ...(hint === undefined ? {} : { hint }) };
  },
  "unexpected-token": ({ found, expected, rule }) => ({
    message: `expected ${alternatives(expected)}, found ${quoted(found)}`,
    ...syntaxHint(found, expected, rule),
  }),
  "unclosed-bracket": ({ bracket, line, found }) => ({
    message: `"${bracket}" of line ${line} is not closed before ${quoted(found)}`,
    hint: `add "${{ "{": "}", "(": ")", "[": "]" }[bracket] ?? ""}"`,
  }),
  "unterminated-string": () => ({ message: "the string has no closing quote on its line", hint: 'add "' }),
  "single-quotes": () => ({ message: "strings stand in double quotes", hint: 'write "text"' }),
  "unterminated-comment": () => ({ message: "the comment is never closed", hint: "add */" }),
  "unknown-escape": ({ sequence }) => ({
    message: `${sequence} is no escape sequence`,
    hint: String.raw`known: \n \t \r \0 \\ \" \u0041 \u{1F600}; a backslash is written \\`,
  }),
  "program-too-deep": ({ limit }) => ({ message: `brackets are nested deeper than ${limit} levels` }),
  "program-too-long": ({ limit }) => ({ message: `the program has more than ${limit} characters` }),
  "division-by-zero": () => ({ message: "the fraction divides by zero" }),
  "number-not-finite": ({ text }) => ({ message: `${text} is too large for a number` }),
  "unknown-statement": (facts) => ({
    message: `"${facts.name}" begins no statement`,
    ...nearestOr(facts, "statements"),
  }),
  "unknown-clause": (facts) => ({
    message: `"${facts.name}" is no clause of an experiment`,
    ...nearestOr(facts, "clauses"),
  }),
  "clause-outside-experiment": ({ clause }) => ({
    message: `"${clause}" stands outside an experiment`,
    hint: `clauses stand between the braces of \`experiment name { ... }\``,
  }),
  "statement-not-available": ({ statement }) => ({
    message: `"${statement}" is part of the language, but this version does not carry it out yet`,
    hint: "remove the statement or put // before it",
  }),
};

function syntaxHint(found: string, expected: readonly string[], rule: string): { readonly hint?: string } {
  if (found === "==" || (found === "=" && rule === "comparison")) return { hint: "equality is written =" };
  if (expected.includes('"at"')) return { hint: 'a rule is written: keep layers "dense_2" at fp32' };
  if (expected.includes('":"')) return { hint: "options are written { name: value }" };
  if (rule === "importStatement") return { hint: 'an import is written: import "common.nib"' };
  if (rule === "comparison") return { hint: "a condition compares: method = rtn, group > 32" };
  if (rule === "program") return { hint: "each statement stands on its own line" };
  return {};
}

const nameWording: WordingOf<NameFacts> = {
  "unknown-name": (facts) => ({
    message: `no ${facts.kind} is called "${facts.name}"`,
    ...nearestOr(facts, plural(facts.kind)),
  }),
  "unknown-option": (facts) => ({
    message: `"${facts.owner}" has no option "${facts.name}"`,
    ...(facts.known.length === 0 ? { hint: "it takes no options" } : nearestOr(facts, "options")),
  }),
  "missing-option": ({ owner, option, summary }) => ({
    message: `"${owner}" needs the option "${option}"`,
    hint: `add { ${option}: ... }: ${summary}`,
  }),
  "duplicate-name": ({ kind, name, first }) => ({
    message: `the ${kind} "${name}" is already defined at ${first}`,
    hint: "rename one of the two",
  }),
  "duplicate-option": ({ option, line }) => ({
    message: `the option "${option}" is given twice, first on line ${line}`,
    hint: "values to try are written with |: a | b",
  }),
  "duplicate-clause": ({ clause, line }) => ({
    message: `"${clause}" stands twice in this experiment, first on line ${line}`,
    hint: "keep one of the two",
  }),
  "scheme-name-taken": ({ name }) => ({
    message: `"${name}" is the name of a built-in scheme`,
    hint: `give the scheme a name of its own: scheme my_${name} = ${name} { ... }`,
  }),
  "definition-cycle": ({ kind, chain }) => ({ message: `the ${kind} is defined by itself: ${chain.join(" -> ")}` }),
  "import-cycle": ({ chain }) => ({
    message: `the files import each other: ${chain.join(" -> ")}`,
    hint: "move what both need into a third file",
  }),
  "import-unreadable": ({ path, reason }) => ({ message: `"${path}" cannot be read: ${reason}` }),
  "too-many-imports": ({ limit }) => ({ message: `more than ${limit} files are imported` }),
  "path-refused": ({ path, reason }) => ({ message: `"${path}" is refused: ${reason}` }),
  "remote-path": ({ path }) => ({
    message: `"${path}" is an address on the network, and programs read local files only`,
    hint: "download the file and give its path",
  }),
  "path-missing": ({ name, source }) => ({
    message: `"${name}" needs the path of a ${source}`,
    hint: `write ${name}("path")`,
  }),
  "arguments-unexpected": ({ name, options }) => ({
    message: `"${name}" takes nothing in parentheses`,
    hint: options ? `write ${name} { option: value }` : `write ${name}`,
  }),
  "unknown-host-value": (facts) => ({
    message: `$${facts.name} is not defined`,
    hint:
      facts.nearest !== undefined
        ? `did you mean $${facts.nearest}?`
        : "define a variable of this name, or give it on the command line: -p name=value",
  }),
  "host-value-kind": ({ name, expected, found }) => ({ message: `$${name} is ${found}; ${expected} is needed here` }),
  "unknown-parameter": (facts) => ({
    message: `the program has no parameter "${facts.name}"`,
    ...(facts.known.length === 0 ? { hint: `declare it: param ${facts.name} = ...` } : nearestOr(facts, "parameters")),
  }),
  "parameter-type": (facts) => ({
    message: `the parameter "${facts.name}" is ${facts.expected}, not ${facts.found}`,
    hint: `its default is ${facts.default}`,
  }),
  "parameter-syntax": ({ name, text }) => ({
    message: `the value of the parameter "${name}" cannot be read: ${text}`,
    hint: "values are written as in a program: 64, 1%, minmax | mse",
  }),
};

const plurals: Readonly<Record<string, string>> = { "data set": "data sets", view: "views", axis: "axes" };
const plural = (kind: string) => plurals[kind] ?? `${kind}s`;

const valueWording: WordingOf<ValueFacts> = {
  "value-type": ({ option, expected, found }) => ({ message: `"${option}" takes ${expected}; ${found} is not` }),
  "value-range": ({ option, value, min, max }) => ({
    message: `"${option}" is ${value}, outside its range`,
    hint:
      min !== undefined && max !== undefined
        ? `use a value from ${min} to ${max}`
        : `use ${min !== undefined ? `at least ${min}` : `at most ${max}`}`,
  }),
  "unknown-unit": (facts) => ({ message: `"${facts.name}" is no unit`, ...nearestOr(facts, "units") }),
  "wrong-unit": ({ option, unit, expected }) => ({
    message: `"${option}" is not measured in ${unit}`,
    hint: expected.length === 0 ? "write the number without a unit" : `units that fit: ${expected.join(", ")}`,
  }),
  "missing-unit": ({ option, value, expected }) => ({
    message: `${value} for "${option}" has no unit`,
    hint: `write the unit directly behind the number: ${value}${expected[0] ?? ""}; units that fit: ${expected.join(", ")}`,
  }),
  "unknown-choice": (facts) => ({
    message: `"${facts.option}" has no choice "${facts.name}"`,
    ...nearestOr(facts, "choices"),
  }),
  "choice-argument": ({ choice, problem, argument }) => {
    if (problem === "unexpected")
      return { message: `"${choice}" takes nothing in parentheses`, hint: `write ${choice}` };
    const form = `${choice}(${argument})`;
    return problem === "missing"
      ? { message: `"${choice}" needs its ${argument}`, hint: `write ${form}` }
      : { message: `"${choice}" takes one number in parentheses`, hint: `write ${form}` };
  },
  "phrase-conflict": ({ option, first, second }) => ({
    message: `"${option}" says both ${first} and ${second}`,
    hint: `keep one, or try both with |: ${first} | ${second}`,
  }),
  "phrase-incomplete": ({ option, found, expected }) => ({
    message: `"${option}" is ${found}, which does not say ${alternatives(expected.slice(0, 4))}`,
    hint: `each side of | is a whole value: ${expected[0]} ${found}`,
  }),
  "split-sum": ({ train, test }) => ({
    message: `train and test are ${Math.round((train + test) * 1e6) / 1e4}% together; a sample cannot be in both`,
    hint: "use shares that add up to at most 100%",
  }),
  "no-sweep": ({ option }) => ({
    message: `"${option}" takes one value; trying several with | makes no sense for it`,
    hint: "write one value, or one experiment for each",
  }),
  "range-invalid": ({ text, reason }) => ({
    message: `the range ${text} ${reason}`,
    hint: "ranges are written 1..8, 1..8 step 2, or 32..256 step 2x",
  }),
  "too-many-values": ({ limit }) => ({ message: `this stands for more than ${limit} values` }),
  "unknown-column": (facts) => ({
    message: `the data "${facts.data}" has no column "${facts.name}"`,
    ...nearestOr(facts, "columns"),
  }),
  "regex-invalid": ({ pattern, reason }) => ({ message: `/${pattern}/ is no usable regular expression: ${reason}` }),
};

const experimentWording: WordingOf<ExperimentFacts> = {
  "missing-clause": ({ experiment, clause }) => ({
    message: `the experiment "${experiment}" has no ${clause}`,
    hint: `add a line: ${clauseExamples[clause] ?? clause}`,
  }),
  "one-per-experiment": ({ what }) => ({
    message: `an experiment has one ${what}`,
    hint: `write one experiment for each ${what}`,
  }),
  "baseline-not-fp32": ({ name }) => ({
    message: `"${name}" cannot be the baseline`,
    hint: "speedup and accuracy drop are measured against fp32: baseline fp32",
  }),
  "nothing-to-try": ({ experiment }) => ({
    message: `the experiment "${experiment}" tries nothing but the baseline`,
    hint: `add a line: ${clauseExamples.try}`,
  }),
  "keep-matches-nothing": ({ pattern, layers, nearest }) => ({
    message: `no layer of the model matches ${pattern}`,
    ...nameHint(nearest, layers, "layers"),
  }),
  "keep-nothing-to-quantize": ({ pattern, layers }) => ({
    message: `${pattern} matches only layers without weights to quantize: ${listed(layers, 4)}`,
    hint: "remove the rule; these layers stay in float anyway",
  }),
  "unknown-axis": (facts) => ({
    message: facts.scheme
      ? `"${facts.scheme}" does not set "${facts.name}" in this experiment`
      : `no scheme of this experiment sets "${facts.name}"`,
    ...nearestOr(facts, "names"),
  }),
  "where-prunes-nothing": ({ clause }) => ({ message: `\`${clause}\` excludes nothing` }),
  "where-prunes-all": ({ experiment, cells }) => ({
    message: `the \`where\` clauses of "${experiment}" exclude all ${cells} cells`,
    hint: "a clause says what stays: `where not (...)` excludes",
  }),
  "comparison-order": ({ name, comparator }) => ({
    message: `"${name}" is not a number, so ${comparator} says nothing about it`,
    hint: "use = or !=",
  }),
  "expectation-form": ({ text }) => ({
    message: `\`${text}\` names no metric of a scheme`,
    hint: "an expectation is written scheme.metric: static.accuracy_drop < 1%",
  }),
  "needs-measure": ({ metric, measure }) => ({
    message: `"${metric}" is known only when ${measure} is measured`,
    hint: `add ${measure} to the measure clause`,
  }),
  "view-arguments": ({ view, form }) => ({ message: `"${view}" is not written like this`, hint: `write ${form}` }),
  "too-many-trials": ({ experiment, limit }) => ({
    message: `"${experiment}" has more than ${limit} cells`,
    hint: "remove values from the axes, or split the experiment",
  }),
  "cannot-execute": ({ scheme, reason, cells, of, everywhere }) => {
    const what = cells === of ? `"${scheme}" cannot execute` : `${cells} of ${of} cells of "${scheme}" cannot execute`;
    return { message: `${what}${everywhere ? "" : " on this CPU"}: ${reason}` };
  },
  "shape-mismatch": ({ model, input, wanted, data, given }) => ({
    message: `the model "${model}" takes ${shaped(wanted)} at input "${input}", and the data "${data}" gives ${shaped(given)}`,
    ...(product(wanted) === product(given) ? { hint: `give the data the option shape: ${shaped(wanted)}` } : {}),
  }),
  "input-count-mismatch": ({ model, inputs, data, given }) => ({
    message: `the model "${model}" has ${inputs.length} inputs (${listed(inputs, 4)}), and the data "${data}" gives ${given}`,
  }),
  "open-input-shape": ({ model, input, shape }) => ({
    message: `the model "${model}" leaves the shape of input "${input}" open: ${shaped(shape)}`,
    hint: `say it: { input_shape: [${shape.map((size) => size ?? 224).join(", ")}] }`,
  }),
  "no-training-samples": ({ scheme, data }) => ({
    message: `"${scheme}" calibrates on training samples, and the data "${data}" has none`,
    hint: "give the data a training share: split: train 80% test 20%",
  }),
  "too-few-training-samples": ({ scheme, samples, data, train }) => ({
    message: `"${scheme}" calibrates on ${samples} samples, and the data "${data}" has ${train} to train with`,
    hint: `use samples: ${train} or fewer`,
  }),
};

export const languageWording: WordingOf<LanguageFacts> = {
  ...syntaxWording,
  ...nameWording,
  ...valueWording,
  ...experimentWording,
};
