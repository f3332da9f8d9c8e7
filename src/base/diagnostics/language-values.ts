import { alternatives, nearestOr, type UnknownFacts } from "./unknown.js";
import type { WordingOf } from "./wording.js";

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
    /** What the argument is, such as "percent" or a usual value of it. */
    readonly argument?: string;
  };
  "phrase-conflict": { readonly option: string; readonly first: string; readonly second: string };
  "phrase-incomplete": { readonly option: string; readonly found: string; readonly expected: readonly string[] };
  "split-without-test": { readonly train: number };
  "split-sum": { readonly train: number; readonly test: number };
  "no-sweep": { readonly option: string };
  "range-invalid": { readonly text: string; readonly reason: string };
  /** `together`: with everything before it in the program. */
  "too-many-values": { readonly limit: number; readonly together: boolean };
  "regex-invalid": { readonly pattern: string; readonly reason: string };
}

/** `8` where a data type is wanted means the signed integers of that width. */
function widthMeant(name: string, known: readonly string[]): { readonly nearest?: string } {
  return known.includes(`int${name}`) ? { nearest: `int${name}` } : {};
}

export const valueWording: WordingOf<ValueFacts> = {
  "value-type": ({ option, expected, found }) => ({
    message: `"${option}" takes ${expected}; ${found} is not`,
    ...(expected.includes("number") && /^"[-+\d.]+"$/.test(found)
      ? { hint: `numbers stand without quotes: ${found.slice(1, -1)}` }
      : {}),
    ...(/^[-+\d.]+ (%|x|us|ms|s|min|[kKMG]?i?B|dB)$/.test(found)
      ? { hint: `a unit has no space before it: ${found.replace(" ", "")}` }
      : {}),
  }),
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
    ...nearestOr({ ...facts, ...widthMeant(facts.name, facts.known) }, "choices"),
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
  "split-without-test": ({ train }) => ({
    message: "the split leaves no test samples, and everything is measured on those",
    hint: `write split: train 80% test 20%${train === 0 ? "" : "; calibration never uses the test share"}`,
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
  "too-many-values": ({ limit, together }) => ({
    message: `this ${together ? "and all before it stand" : "stands"} for more than ${limit} values`,
  }),
  "regex-invalid": ({ pattern, reason }) => ({ message: `/${pattern}/ is no usable regular expression: ${reason}` }),
};
