/** Says what is wrong with a value, `path: reason`, or nothing. */
export type Check = (value: unknown, path: string) => string | undefined;

/** An object that is no list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const is =
  (what: string, test: (value: unknown) => boolean): Check =>
  (value, path) =>
    test(value) ? undefined : `${path} is not ${what}`;

export const string = is("a string", (value) => typeof value === "string");
export const boolean = is("true or false", (value) => typeof value === "boolean");
export const number = is("a finite number", (value) => Number.isFinite(value));
export const count = is(
  "a whole number of at least 0",
  (value) => Number.isSafeInteger(value) && (value as number) >= 0,
);
export const positive = is("a number above 0", (value) => Number.isFinite(value) && (value as number) > 0);
export const atLeastZero = is("a number of at least 0", (value) => Number.isFinite(value) && (value as number) >= 0);
export const numberOrNull = is("a finite number or null", (value) => value === null || Number.isFinite(value));
export const share = is(
  "a number from 0 to 1",
  (value) => Number.isFinite(value) && (value as number) >= 0 && (value as number) <= 1,
);
export const oneOf = (...values: readonly string[]) =>
  is(`one of ${values.join(", ")}`, (value) => values.includes(value as string));

/** Fields by name; a name that ends in "?" may be missing. */
export function object(fields: Readonly<Record<string, Check>>): Check {
  const list = Object.entries(fields).map(([key, check]) => ({
    name: key.replace(/\?$/, ""),
    optional: key.endsWith("?"),
    check,
  }));
  return (value, path) => {
    if (!isObject(value)) return `${path || "it"} is not an object`;
    for (const { name, optional, check } of list) {
      const field = Object.hasOwn(value, name) ? value[name] : undefined;
      const fieldPath = path === "" ? name : `${path}.${name}`;
      if (field === undefined && optional) continue;
      if (field === undefined) return `${fieldPath} is missing`;
      const reason = check(field, fieldPath);
      if (reason !== undefined) return reason;
    }
    return undefined;
  };
}

/** A list of which every item passes `check`. */
export function arrayOf(check: Check): Check {
  return (value, path) => {
    if (!Array.isArray(value)) return `${path} is not a list`;
    return firstReason(value.map((item, i) => () => check(item, `${path}[${i}]`)));
  };
}

/** An object with any names. */
export function mapOf(check: Check): Check {
  return (value, path) => {
    if (!isObject(value)) return `${path} is not an object`;
    return firstReason(
      Object.entries(value).map(
        ([key, item]) =>
          () =>
            check(item, `${path}.${key}`),
      ),
    );
  };
}

function firstReason(checks: readonly (() => string | undefined)[]): string | undefined {
  for (const check of checks) {
    const reason = check();
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** Two finite numbers in ascending order. */
export const interval: Check = (value, path) => {
  const reason = arrayOf(number)(value, path);
  if (reason !== undefined) return reason;
  const [low, high] = value as readonly number[];
  const ordered = (value as readonly number[]).length === 2 && (low as number) <= (high as number);
  return ordered ? undefined : `${path} is not two numbers in ascending order`;
};
