import type { ChoiceSetting, Setting } from "../base/option.js";
import type { Condition } from "./experiment.js";

/** What a condition can ask of a cell: the name of its scheme and the settings of its options. */
export interface Cell {
  readonly scheme: string;
  readonly settings: ReadonlyMap<string, Setting>;
}

/**
 * Whether a condition holds of a cell, in Kleene's three-valued logic: a comparison with an option that the cell's
 * scheme does not have is neither true nor false (undefined), and a clause excludes a cell only where it is false.
 * So `group > 32` says nothing about a scheme without groups.
 */
export function holds(condition: Condition, cell: Cell): boolean | undefined {
  if (condition.kind === "not") {
    const value = holds(condition.operand, cell);
    return value === undefined ? undefined : !value;
  }
  if (condition.kind === "comparison") return compare(condition, cell);
  const values = condition.operands.map((operand) => holds(operand, cell));
  const decides = condition.kind === "or";
  if (values.includes(decides)) return decides;
  return values.includes(undefined) ? undefined : !decides;
}

function compare(condition: Extract<Condition, { kind: "comparison" }>, cell: Cell): boolean | undefined {
  const { scheme, name, comparator, values } = condition;
  if (scheme !== undefined && scheme !== cell.scheme) return undefined;
  const setting = name === "scheme" ? cell.scheme : cell.settings.get(name);
  if (setting === undefined) return undefined;
  const [first] = values;
  switch (comparator) {
    case "=":
      return values.some((value) => equals(setting, value));
    case "!=":
      return !values.some((value) => equals(setting, value));
    default:
      if (typeof setting !== "number" || typeof first !== "number") return undefined;
      return ordered(setting, comparator, first);
  }
}

function ordered(left: number, comparator: "<" | "<=" | ">" | ">=", right: number): boolean {
  switch (comparator) {
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    case ">=":
      return left >= right;
  }
}

/** A phrase equals a value when it holds all of the value's words: `weights = int8` holds of `int8 per_channel`. */
function equals(setting: Setting, value: Setting): boolean {
  const [left, right] = [choices(setting), choices(value)];
  if (left && right) return right.every((wanted) => left.some((word) => sameChoice(word, wanted)));
  return JSON.stringify(setting) === JSON.stringify(value);
}

/** A choice asked for without its argument is any of that name. */
function sameChoice(word: ChoiceSetting, wanted: ChoiceSetting): boolean {
  return word.name === wanted.name && (wanted.argument === undefined || wanted.argument === word.argument);
}

function choices(setting: Setting): readonly ChoiceSetting[] | undefined {
  if (typeof setting === "string") return [{ name: setting }];
  if (typeof setting !== "object") return undefined;
  if (Array.isArray(setting)) {
    return setting.length > 0 && setting.every((each) => typeof each === "object") ? setting : undefined;
  }
  return "name" in setting ? [setting] : undefined;
}
