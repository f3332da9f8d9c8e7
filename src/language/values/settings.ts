import { diagnostic } from "../../base/diagnostic.js";
import { unknown } from "../../base/nearest.js";
import {
  type Choice,
  type ChoiceSetting,
  type OptionKind,
  priceWords,
  type Setting,
  type SplitSetting,
} from "../../base/option.js";
import { defaultSplit } from "../../datasets/dataset.js";
import type { MetricUnit } from "../../plan/registry.js";
import type { Concrete, Report } from "./concrete.js";
import { inRecordUnit, units, unitsOf } from "./units.js";

/** An option for messages, and where to report. */
export interface SettingContext {
  readonly option: string;
  readonly report: Report;
}

/** A concrete value as a checked setting of an option's type; undefined when it does not fit, which is reported. */
export function toSetting(value: Concrete, type: OptionKind, context: SettingContext): Setting | undefined {
  switch (type.kind) {
    case "integer":
      return toInteger(value, type, context);
    case "number":
      return toNumber(value, type, context);
    case "boolean":
      return value.kind === "word" && (value.name === "true" || value.name === "false")
        ? value.name === "true"
        : mismatch(value, "true or false", context);
    case "string":
    case "column":
      return nameOf(value) ?? mismatch(value, type.kind === "string" ? "a string" : "the name of a column", context);
    case "columns":
    case "names":
      return toNames(value, type.kind === "names" ? "a list of names" : "a list of columns", context);
    case "shape":
      return toShape(value, context);
    case "choice":
      return toChoice(value, type.choices, context);
    case "phrase":
      return toPhrase(value, type.groups, context);
    case "price":
      return toPrice(value, context);
    case "split":
      return toSplit(value, context);
  }
}

function mismatch(value: Concrete, expected: string, { option, report }: SettingContext): undefined {
  report(diagnostic("value-type", { option, expected, found: value.text }, { span: value.span }));
  return undefined;
}

interface Limits {
  readonly min?: number;
  readonly max?: number;
}

function toInteger(value: Concrete, limits: Limits, context: SettingContext): number | undefined {
  const whole = value.kind === "number" && Number.isSafeInteger(value.value);
  if (value.kind !== "number" || (value.unit === undefined && !whole)) {
    return mismatch(value, "a whole number", context);
  }
  return toQuantity(value, undefined, limits, context);
}

function toNumber(value: Concrete, type: Limits & { readonly unit?: MetricUnit }, context: SettingContext) {
  return value.kind === "number" ? toQuantity(value, type.unit, type, context) : mismatch(value, "a number", context);
}

/** A number in the record's unit, its unit and limits checked. Time and bytes need a unit; shares of 1 and more too. */
export function toQuantity(
  value: Extract<Concrete, { kind: "number" }>,
  quantity: MetricUnit | undefined,
  limits: Limits,
  { option, report }: SettingContext,
): number | undefined {
  const { span, unit } = value;
  const fitting = unitsOf(quantity);
  if (unit !== undefined && !units.has(unit)) {
    report(diagnostic("unknown-unit", unknown(unit, [...units.keys()]), { span }));
    return undefined;
  }
  if (unit !== undefined && !fitting.includes(unit)) {
    report(diagnostic("wrong-unit", { option, unit, expected: fitting }, { span }));
    return undefined;
  }
  const needed = quantity === "ms" || quantity === "bytes" || (quantity === "fraction" && Math.abs(value.value) >= 1);
  if (unit === undefined && needed && value.value !== 0) {
    report(diagnostic("missing-unit", { option, value: value.text, expected: fitting }, { span }));
    return undefined;
  }
  const result = inRecordUnit(value.value, unit);
  const { min, max } = limits;
  if ((min === undefined || result >= min) && (max === undefined || result <= max)) return result;
  // Ends are said as the value was written: a share of 200% is told "from 0% to 100%".
  const end = (limit: number) => (unit === "%" ? `${Number((limit * 100).toPrecision(12))}%` : `${limit}`);
  const ends = { ...(min === undefined ? {} : { min: end(min) }), ...(max === undefined ? {} : { max: end(max) }) };
  report(diagnostic("value-range", { option, value: value.text, ...ends }, { span }));
  return undefined;
}

/** A name as it may stand: a word, a string, or a number that serves as a name (a column called 64). */
export function nameOf(value: Concrete): string | undefined {
  if (value.kind === "string") return value.value;
  if (value.kind === "word" && value.arguments === undefined) return value.name;
  return value.kind === "number" && value.unit === undefined ? value.text : undefined;
}

function toNames(value: Concrete, expected: string, context: SettingContext): readonly string[] | undefined {
  const items = value.kind === "list" ? value.items : [value];
  const names = items.map(nameOf);
  return names.length > 0 && names.every((name) => name !== undefined) ? names : mismatch(value, expected, context);
}

function toShape(value: Concrete, context: SettingContext): readonly number[] | undefined {
  const expected = "a list of sizes such as [28, 28, 1]";
  if (value.kind !== "list" || value.items.length === 0) return mismatch(value, expected, context);
  const sizes = value.items.map((item) =>
    item.kind === "number" && item.unit === undefined && Number.isSafeInteger(item.value) && item.value > 0
      ? item.value
      : undefined,
  );
  return sizes.every((size) => size !== undefined) ? sizes : mismatch(value, expected, context);
}

function toChoice(value: Concrete, choices: readonly Choice[], context: SettingContext): ChoiceSetting | undefined {
  const name = value.kind === "word" ? value.name : nameOf(value);
  const names = () => choices.map((choice) => choice.name);
  if (name === undefined) return mismatch(value, choiceList(names()), context);
  const choice = choices.find((each) => each.name === name);
  if (!choice) {
    context.report(
      diagnostic("unknown-choice", { option: context.option, ...unknown(name, names()) }, { span: value.span }),
    );
    return undefined;
  }
  return withArgument(choice, value, context);
}

const choiceList = (known: readonly string[]) =>
  known.length > 6 ? `a name such as ${known.slice(0, 3).join(", ")}` : `one of ${known.join(", ")}`;

function withArgument(choice: Choice, value: Concrete, context: SettingContext): ChoiceSetting | undefined {
  const { name, argument } = choice;
  const given = value.kind === "word" ? value.arguments : undefined;
  const problem = (kind: "unexpected" | "count" | "missing") => {
    const facts = {
      choice: name,
      problem: kind,
      ...(argument ? { argument: String(argument.default ?? argument.name) } : {}),
    };
    context.report(diagnostic("choice-argument", facts, { span: value.span }));
    return undefined;
  };
  if (!argument) return given === undefined ? { name } : problem("unexpected");
  if (given === undefined) return argument.default === undefined ? problem("missing") : { name };
  const [first, ...others] = given;
  if (!first || others.length > 0 || first.kind !== "number") return problem("count");
  // percentile(99.9%) and percentile(99.9) say the same.
  const plain = first.unit === "%" && argument.name === "percent" ? { ...first, unit: undefined } : first;
  const { unit, ...rest } = plain;
  const bare = unit === undefined ? rest : { ...rest, unit };
  const checked = toQuantity(bare, undefined, argument, { ...context, option: `${name}(${argument.name})` });
  return checked === undefined ? undefined : { name, argument: checked };
}

/** Words in any order, each from one group, none from the same group twice, one from the first. */
function toPhrase(
  value: Concrete,
  groups: readonly (readonly Choice[])[],
  context: SettingContext,
): readonly ChoiceSetting[] | undefined {
  const { option, report } = context;
  const words = value.kind === "phrase" ? value.parts : [value];
  const choices = groups.flat();
  const found: (ChoiceSetting | undefined)[] = groups.map(() => undefined);
  for (const word of words) {
    const setting = toChoice(word, choices, context);
    if (!setting) return undefined;
    const group = groups.findIndex((group) => group.some(({ name }) => name === setting.name));
    const taken = found[group];
    if (taken) {
      report(diagnostic("phrase-conflict", { option, first: taken.name, second: setting.name }, { span: value.span }));
      return undefined;
    }
    found[group] = setting;
  }
  if (found[0] !== undefined) return found.filter((setting) => setting !== undefined);
  const expected = groups[0]?.map(({ name }) => name) ?? [];
  report(diagnostic("phrase-incomplete", { option, found: value.text, expected }, { span: value.span }));
  return undefined;
}

/** `0.34 per_hour` as the price of an hour. */
function toPrice(value: Concrete, context: SettingContext): number | undefined {
  const [amount, word, ...others] = value.kind === "phrase" ? value.parts : [value];
  const plain = amount?.kind === "number" && (word === undefined || word.kind === "word") && others.length === 0;
  const expected = "a number and what it is for, such as 0.34 per_hour";
  if (!plain || word === undefined) return mismatch(value, expected, context);
  const names = priceWords.map(({ name }) => name);
  const given = priceWords.find(({ name }) => name === nameOf(word));
  if (!given) {
    const facts = { option: context.option, ...unknown(word.text, names) };
    context.report(diagnostic("unknown-choice", facts, { span: word.span }));
    return undefined;
  }
  const price = toQuantity(amount, undefined, { min: 1e-6, max: 1e9 }, context);
  return price === undefined ? undefined : price * given.perHour;
}

const SPLIT = "shares and a seed, such as train 80% test 20% seed 7";

/** Pairs of a word and a number, in any order. What is not said of train and test is the rest. */
function toSplit(value: Concrete, context: SettingContext): SplitSetting | undefined {
  const parts = value.kind === "phrase" ? value.parts : [];
  const given = new Map<string, number>();
  for (let i = 0; i < parts.length; i += 2) {
    const [word, amount] = [parts[i], parts[i + 1]];
    if (word?.kind !== "word" || amount?.kind !== "number" || given.has(word.name))
      return mismatch(value, SPLIT, context);
    const number = splitNumber(word.name, amount, context);
    if (number === undefined) return undefined;
    if (number === "unknown") {
      const facts = { option: context.option, ...unknown(word.name, ["train", "test", "seed"]) };
      context.report(diagnostic("unknown-choice", facts, { span: word.span }));
      return undefined;
    }
    given.set(word.name, number);
  }
  const [train, test] = [given.get("train"), given.get("test")];
  if (train === undefined && test === undefined) return mismatch(value, SPLIT, context);
  const shares = { train: train ?? rest(test), test: test ?? rest(train) };
  if (shares.test === 0) {
    context.report(diagnostic("split-without-test", { train: shares.train }, { span: value.span }));
    return undefined;
  }
  // 0.7 + 0.3 is not exactly 1 in binary.
  if (shares.train + shares.test > 1 + 1e-9) {
    context.report(diagnostic("split-sum", shares, { span: value.span }));
    return undefined;
  }
  return { ...shares, seed: given.get("seed") ?? defaultSplit.seed };
}

const rest = (share: number | undefined) => Number((1 - (share ?? 0)).toPrecision(12));

function splitNumber(
  word: string,
  amount: Extract<Concrete, { kind: "number" }>,
  context: SettingContext,
): number | "unknown" | undefined {
  if (word === "seed") return toInteger(amount, {}, { ...context, option: "seed" });
  if (word !== "train" && word !== "test") return "unknown";
  // A whole share may be written 1 as well as 100%.
  if (amount.unit === undefined && amount.value === 1) return 1;
  return toQuantity(amount, "fraction", { min: 0, max: 1 }, { ...context, option: word });
}
