import { diagnostic } from "../../base/diagnostic.js";
import { unknown } from "../../base/nearest.js";
import type { Span } from "../../base/span.js";
import type { ProgramHost } from "../host.js";
import { parseValue } from "../parse-program.js";
import type { Scope } from "../scope.js";
import type { ParamStatement } from "../syntax/ast.js";
import {
  type Concrete,
  concreteOf,
  type Environment,
  expandValue,
  kindOf,
  mostValues,
  mostValuesTogether,
  type Report,
} from "./concrete.js";

/** Longest chain of definitions that refer to each other, and how much of a chain a message shows. */
export const mostLinks = 200;
export const shownLinks = 8;

/**
 * What names in values stand for: parameters (with their values from outside) and values of the host. Reports
 * parameters from outside that the program does not declare, and those of another type than their default.
 */
export function programEnvironment(
  { params, isOwn }: Pick<Scope, "params" | "isOwn">,
  host: ProgramHost,
  report: Report,
): Environment {
  const resolved = new Map<string, readonly Concrete[]>();
  const open: string[] = [];
  let left = mostValuesTogether;

  const environment: Environment = {
    report,
    spend(values) {
      left -= values;
      return left >= 0;
    },
    parameter(name) {
      const statement = params.get(name);
      if (!statement) return undefined;
      const known = resolved.get(name);
      if (known) return known;
      if (open.includes(name) || open.length >= mostLinks) {
        const chain = [...open.slice(Math.max(0, open.indexOf(name))).slice(-shownLinks), name];
        report(diagnostic("definition-cycle", { kind: "parameter", chain }, { span: statement.name.span }));
        resolved.set(name, []);
        return [];
      }
      open.push(name);
      const values = statement.value ? expandValue(statement.value, environment) : [];
      open.pop();
      // A cycle has set it already.
      const final = resolved.get(name) ?? overridden(statement, values, host, report);
      resolved.set(name, final);
      return final;
    },
    hostValue: (name, span) => hostValue(name, span, host, report),
  };

  for (const { name } of params.values()) if (isOwn(name.span)) environment.parameter(name.name);
  for (const name of host.parameters?.keys() ?? []) {
    if (!host.isCell && !params.has(name) && !host.values.has(name)) {
      report(diagnostic("unknown-parameter", unknown(name, [...params.keys()])));
    }
  }
  return environment;
}

/** The raw value behind `$name`; reported when there is none. */
export function hostLookup(name: string, span: Span, host: ProgramHost, report: Report): unknown {
  const value = host.values.has(name) ? host.values.get(name) : host.parameters?.get(name);
  if (value !== undefined || host.valuesUnknown) return value;
  if (host.values.has(name)) {
    const facts = { name, expected: "a value", found: "undefined" };
    report(diagnostic("host-value-kind", facts, { span }));
    return undefined;
  }
  report(diagnostic("unknown-host-value", unknown(name, [...host.values.keys()]), { span }));
  return undefined;
}

function hostValue(name: string, span: Span, host: ProgramHost, report: Report): Concrete | undefined {
  const value = hostLookup(name, span, host, report);
  if (value === undefined) return undefined;
  const concrete = concreteOf(value, span);
  if (concrete) return concrete;
  const facts = { name, expected: "a number, a string, true or false, or a list of these", found: kindOfHost(value) };
  report(diagnostic("host-value-kind", facts, { span }));
  return undefined;
}

/** What a value of the host is, for messages. */
export function kindOfHost(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  return value === null ? "null" : typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** Text from the command line is read as a value of the language, and as the string itself where the default is one. */
function overridden(
  statement: ParamStatement,
  values: readonly Concrete[],
  host: ProgramHost,
  report: Report,
): readonly Concrete[] {
  const { name, span } = statement.name;
  if (!host.parameters?.has(name) || values.length === 0) return values;
  const given = host.parameters.get(name);
  const [first] = values;
  if (typeof given === "string" && first?.kind === "string") {
    return [{ kind: "string", value: given, text: JSON.stringify(given), span }];
  }
  const replaced = typeof given === "string" ? fromText(given, name, span) : fromPlain(given, span);
  if (!replaced) {
    report(diagnostic("parameter-syntax", { name, text: String(given) }, { span }));
    return [];
  }
  const expected = first ? kindOf(first) : "";
  const wrong = replaced.find((value) => kindOf(value) !== expected);
  if (wrong === undefined) return replaced;
  const defaults = values.map(({ text }) => text).join(" | ");
  report(diagnostic("parameter-type", { name, expected, found: wrong.text, default: defaults }, { span }));
  return [];
}

function fromText(text: string, name: string, span: Span): readonly Concrete[] | undefined {
  const value = parseValue({ path: `-p ${name}`, text });
  if (!value) return undefined;
  let wrong = false;
  const literal: Environment = {
    report: () => {
      wrong = true;
    },
    spend: (count) => count <= mostValues,
    parameter: () => undefined,
    hostValue: () => {
      wrong = true;
      return undefined;
    },
  };
  const values = expandValue(value, literal).map((each) => ({ ...each, span }));
  return wrong || values.length === 0 ? undefined : values;
}

function fromPlain(given: unknown, span: Span): readonly Concrete[] | undefined {
  const value = concreteOf(given, span);
  return value && [value];
}
