import { inspect } from "node:util";
import { truncated } from "./limits.js";

const options = { depth: 4, maxArrayLength: 100, maxStringLength: 10_000, breakLength: 80 } as const;

/**
 * A value as text for people, as Node prints it, within limits. Never throws and never runs longer for what the value
 * says of itself: where its own methods or getters throw, it is printed without them.
 */
export function inspected(value: unknown): string {
  const ways = [
    () => inspect(value, options),
    () => inspect(value, { ...options, customInspect: false, showProxy: true }),
    () => inspect(Object.getOwnPropertyDescriptors(value), { ...options, customInspect: false }),
  ];
  // By index: user code may have replaced the iterator of arrays.
  for (let i = 0; i < ways.length; i++) {
    try {
      return truncated(ways[i]?.() ?? "");
    } catch {
      // The value's own code threw; the next way asks less of it.
    }
  }
  return `[${typeof value} that cannot be shown]`;
}

/** What is known of something thrown, in one line. */
export function thrownText(error: unknown): string {
  try {
    const { message } = error as { readonly message?: unknown };
    if (typeof message === "string") return message.split("\n", 1)[0] ?? "";
  } catch {
    // A hostile getter: its text is what is left.
  }
  return inspected(error).split("\n", 1)[0] ?? "";
}
