import { inspect } from "node:util";
import type { ErrorFacts } from "./frames.js";

/** Longest message and stack that are reported, characters. */
const LONGEST_MESSAGE = 5000;
const LONGEST_STACK = 50_000;
/** Causes of causes, and errors of one AggregateError, that are reported. */
const DEEPEST = 8;
const MOST_ERRORS = 10;

/** Kept before user code can replace it. */
const { getPrototypeOf } = Object;
const NativeError = Error;

/** What is known of a thrown value, whatever it is. Runs getters of the user; never throws, and what it tells is bounded. */
export function errorFacts(thrown: unknown, depth = 0): ErrorFacts {
  const stack = isObject(thrown) ? textOf(thrown, "stack", LONGEST_STACK) : undefined;
  if (!isObject(thrown) || !isError(thrown)) {
    return { name: "ThrownValue", message: `${shown(thrown)} (${kindOf(thrown)}, not an Error)` };
  }
  const cause = depth < DEEPEST ? read(thrown, "cause") : undefined;
  const errors = depth < DEEPEST ? listed(read(thrown, "errors"), depth) : undefined;
  return {
    name: nameOf(thrown),
    message: textOf(thrown, "message", LONGEST_MESSAGE) ?? "",
    ...(stack === undefined ? {} : { stack }),
    ...(cause === undefined ? {} : { cause: errorFacts(cause, depth + 1) }),
    ...(errors === undefined ? {} : { errors }),
  };
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** Errors of other realms and plain objects that look like errors count; a Proxy that throws does not. */
function isError(value: object): boolean {
  try {
    if (value instanceof NativeError) return true;
  } catch {
    return false;
  }
  return typeof read(value, "stack") === "string" && typeof read(value, "message") === "string";
}

function read(value: object, key: string): unknown {
  try {
    return Reflect.get(value, key);
  } catch {
    return undefined;
  }
}

function textOf(value: object, key: string, longest: number): string | undefined {
  const text = read(value, key);
  return typeof text === "string" ? bounded(text, longest) : undefined;
}

function listed(errors: unknown, depth: number): ErrorFacts[] | undefined {
  try {
    if (!Array.isArray(errors)) return undefined;
    const facts: ErrorFacts[] = [];
    for (let i = 0; i < errors.length && i < MOST_ERRORS; i++) facts[i] = errorFacts(errors[i], depth + 1);
    return facts;
  } catch {
    return undefined;
  }
}

/** `name`, or that of the class where a subclass has not set it. */
function nameOf(error: object): string {
  const name = textOf(error, "name", 200) ?? "Error";
  return name === "Error" ? (className(error) ?? name) : name;
}

function className(value: object): string | undefined {
  try {
    const { constructor: made } = (getPrototypeOf(value) ?? {}) as { constructor?: { name?: unknown } };
    return typeof made?.name === "string" && made.name !== "" ? made.name : undefined;
  } catch {
    return undefined;
  }
}

function kindOf(thrown: unknown): string {
  if (thrown === undefined || thrown === null) return "no value";
  return isObject(thrown) ? `an object of class ${className(thrown) ?? "Object"}` : `a ${typeof thrown}`;
}

function shown(thrown: unknown): string {
  try {
    return bounded(inspect(thrown, { depth: 2, breakLength: 120 }), LONGEST_MESSAGE);
  } catch {
    return "a value that cannot be shown";
  }
}

function bounded(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}… (${text.length - longest} more characters)`;
}
