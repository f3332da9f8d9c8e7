import { inspected } from "../inspect.js";
import type { Kind } from "../kind.js";

/** Lines of a function's source that are shown. */
const HEAD = 12;

/** Functions and classes: what Node says of them, and how their source begins. */
export const source: Kind = {
  name: "function",
  matches: (value) => typeof value === "function",
  bundle(value) {
    const text = Function.prototype.toString.call(value);
    if (text.includes("[native code]")) return undefined;
    const lines = text.split("\n");
    const left = lines.length - HEAD;
    const shown = [...lines.slice(0, HEAD), ...(left > 0 ? [`... ${left} more lines`] : [])];
    return { data: { "text/plain": `${inspected(value)}\n${shown.join("\n")}` } };
  },
};
