import type { MimeBundle } from "../outputs.js";

/**
 * One kind of value that has more to show than its text. Kinds are recognised by their shape alone: nothing of the
 * libraries that make them is loaded. Whatever a kind throws is caught by `toBundle`, which then shows the text.
 */
export interface Kind {
  /** A word for people: "tensor". */
  readonly name: string;
  /** True for values of this kind; reads as few properties as tell it. */
  matches(value: object): boolean;
  /** The forms of a value that matches. `text/plain` is added where it is missing; `undefined` is not this kind after all. */
  bundle(value: object): MimeBundle | undefined | Promise<MimeBundle | undefined>;
}

/** A value whose properties may be anything. */
export type Shape = Readonly<Record<PropertyKey, unknown>>;

export function shapeOf(value: object): Shape {
  return value as Shape;
}

export function isMethod(value: unknown): value is (...args: readonly unknown[]) => unknown {
  return typeof value === "function";
}

/** An object literal, or one without a prototype. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
