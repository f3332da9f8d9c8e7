import { type Diagnostic, diagnostic } from "../../base/diagnostic.js";
import type { Span } from "../../base/span.js";
import type { Atom, CallValue, NumberValue, RangeValue, Value } from "../syntax/ast.js";
import { units } from "./units.js";

/** A value in which nothing is left open: axes, ranges, parameters and `$name` are resolved. */
export type Concrete = {
  readonly span: Span;
  /** In the words of the program, spacing normalized; a parameter shows its value. */
  readonly text: string;
} & (
  | { readonly kind: "number"; readonly value: number; readonly unit?: string }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "word"; readonly name: string; readonly arguments?: readonly Concrete[] }
  | { readonly kind: "regex"; readonly pattern: string; readonly flags: string }
  | { readonly kind: "list"; readonly items: readonly Concrete[] }
  | { readonly kind: "phrase"; readonly parts: readonly Concrete[] }
  | { readonly kind: "object" }
);

export type Report = (...diagnostics: readonly Diagnostic[]) => void;

/** What a name in a value may stand for. */
export interface Environment {
  readonly report: Report;
  /** Takes from what a whole program may expand to; false when it is used up. */
  spend(values: number): boolean;
  /** The values of a parameter; undefined when there is no such parameter; empty when it is broken (and reported). */
  parameter(name: string): readonly Concrete[] | undefined;
  /** The value of `$name`; undefined when it is not defined (and reported). */
  hostValue(name: string, span: Span): Concrete | undefined;
}

/** Most values that one axis, range or product of them may stand for. */
export const mostValues = 10_000;

/** Most values that all axes of a program may stand for together. */
export const mostValuesTogether = 1_000_000;

/**
 * Every value that a value of the program stands for, in order: `a | b` is two, `1..3` three, and axes inside phrases,
 * lists and calls multiply. Empty when something in it is wrong, which is reported.
 */
export function expandValue(value: Value, env: Environment): readonly Concrete[] {
  if (value.kind === "axis") {
    const alternatives = value.values.map((each) => expandValue(each, env));
    if (alternatives.some((each) => each.length === 0)) return [];
    const size = alternatives.reduce((sum, { length }) => sum + length, 0);
    return affordable(size, value.span, env) ? alternatives.flat() : [];
  }
  if (value.kind === "phrase") return expandPhrase(value.parts, value.span, env);
  return expandAtom(value, env);
}

function expandAtom(atom: Atom, env: Environment): readonly Concrete[] {
  const { span } = atom;
  switch (atom.kind) {
    case "number":
      return [number(atom.value, atom.unit, span)];
    case "string":
      return [{ kind: "string", value: atom.value, text: JSON.stringify(atom.value), span }];
    case "regex":
      return [
        { kind: "regex", pattern: atom.pattern, flags: atom.flags, text: `/${atom.pattern}/${atom.flags}`, span },
      ];
    case "host": {
      const value = env.hostValue(atom.name, span);
      return value ? [value] : [];
    }
    case "range":
      return expandRange(atom, undefined, env);
    case "list":
      return product(atom.items, span, env, (items) => {
        return { kind: "list", items, text: `[${items.map(({ text }) => text).join(", ")}]`, span };
      });
    case "call":
      return expandCall(atom, env);
    case "object":
      return [{ kind: "object", text: "{ ... }", span }];
  }
}

function expandCall(call: CallValue, env: Environment): readonly Concrete[] {
  const { name, span } = call;
  if (call.arguments === undefined) {
    const values = env.parameter(name);
    return values?.map((value) => ({ ...value, span })) ?? [{ kind: "word", name, text: name, span }];
  }
  return product(call.arguments, span, env, (items) => {
    return { kind: "word", name, arguments: items, text: `${name}(${items.map(({ text }) => text).join(", ")})`, span };
  });
}

/** `1..8 step 2` and `32..256 step 2x` are ranges with a step; everything else is words side by side. */
function expandPhrase(parts: readonly Atom[], span: Span, env: Environment): readonly Concrete[] {
  const [range, step, by, ...others] = parts;
  if (range?.kind === "range" && step?.kind === "call" && step.name === "step" && by?.kind === "number") {
    if (others.length === 0) return expandRange({ ...range, span }, by, env);
  }
  return product(parts, span, env, (items) => {
    const words = items.flatMap((item) => (item.kind === "phrase" ? item.parts : [item]));
    return { kind: "phrase", parts: words, text: words.map(({ text }) => text).join(" "), span };
  });
}

function expandRange(range: RangeValue, step: NumberValue | undefined, env: Environment): readonly Concrete[] {
  const { from, to, span } = range;
  const text = `${numberText(from.value, from.unit)}..${numberText(to.value, to.unit)}`;
  const invalid = (reason: string) => {
    env.report(diagnostic("range-invalid", { text, reason }, { span }));
    return [];
  };
  const times = step?.unit === "x";
  const by = step?.value ?? 1;
  if ((from.unit ?? to.unit) !== to.unit) return invalid("has two units");
  if (step && !times && step.unit !== undefined && step.unit !== to.unit)
    return invalid("has another unit than its step");
  if (to.value < from.value) return invalid("ends before it begins");
  if (by <= 0 || (times && (by <= 1 || from.value <= 0))) return invalid("never gets to its end by this step");
  if (step === undefined && !Number.isInteger(from.value)) return invalid("begins at a fraction and has no step");
  // The allowance is for steps like 0.1, which binary numbers only come near.
  const end = to.value + 1e-9 * Math.abs(by);
  const size = times ? Math.log(end / from.value) / Math.log(by) : (end - from.value) / by;
  if (!affordable(Math.floor(size) + 1, span, env)) return [];
  const values: Concrete[] = [];
  for (let i = 0, at = from.value; at <= end; i++, at = times ? from.value * by ** i : from.value + by * i) {
    values.push(number(Number(at.toPrecision(12)), to.unit, span));
  }
  return values;
}

/** Every combination of what the parts stand for, the last one fastest. */
function product(
  parts: readonly Value[],
  span: Span,
  env: Environment,
  make: (items: readonly Concrete[]) => Concrete,
): readonly Concrete[] {
  const choices = parts.map((part) => expandValue(part, env));
  const size = choices.reduce((all, { length }) => all * length, 1);
  if (size > 1 && !affordable(size, span, env)) return [];
  let all: Concrete[][] = [[]];
  for (const alternatives of choices) all = all.flatMap((before) => alternatives.map((each) => [...before, each]));
  return all.map(make);
}

/** Whether so many values may be made; reported when not. */
function affordable(values: number, span: Span, env: Environment): boolean {
  const single = values <= mostValues;
  if (single && env.spend(values)) return true;
  const facts = single ? { limit: mostValuesTogether, together: true } : { limit: mostValues, together: false };
  env.report(diagnostic("too-many-values", facts, { span }));
  return false;
}

const numberText = (value: number, unit: string | undefined) => `${value}${unit ?? ""}`;

function number(value: number, unit: string | undefined, span: Span): Concrete {
  return { kind: "number", value, ...(unit === undefined ? {} : { unit }), text: numberText(value, unit), span };
}

/** A value of the host as a value of the language; undefined when it is nothing of the kind (a function, a model). */
export function concreteOf(value: unknown, span: Span, depth = 0): Concrete | undefined {
  if (typeof value === "number" && Number.isFinite(value)) return number(value, undefined, span);
  if (typeof value === "boolean") return { kind: "word", name: String(value), text: String(value), span };
  if (typeof value === "string") return { kind: "string", value, text: JSON.stringify(value), span };
  if (!Array.isArray(value) || depth > 8 || value.length > mostValues) return undefined;
  const items = value.map((each) => concreteOf(each, span, depth + 1));
  if (!items.every((item) => item !== undefined)) return undefined;
  return { kind: "list", items, text: `[${items.map(({ text }) => text).join(", ")}]`, span };
}

/** What a concrete value is, for messages and for the types of parameters. */
export function kindOf(value: Concrete): string {
  switch (value.kind) {
    case "number":
      return value.unit === undefined ? "a number" : `a number of ${units.get(value.unit)?.of ?? value.unit}`;
    case "string":
      return "a string";
    case "word":
      return value.name === "true" || value.name === "false" ? "true or false" : "a name";
    case "regex":
      return "a regular expression";
    case "list":
      return "a list";
    case "phrase":
      return "several words";
    case "object":
      return "an object";
  }
}
