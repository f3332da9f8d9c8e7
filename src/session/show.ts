import { inspect } from "node:util";
import { type Forms, jupyterDisplay, showForms } from "./host-display.js";

/** What shows itself in a notebook when it is the value of a cell, and anywhere when asked. */
export interface Displayable {
  /** Shows it now, below the cell; outside a notebook its text is printed. */
  display(): Promise<void>;
}

/** A value with the ways of showing it, none of which is seen when it is listed, copied or written as JSON. */
export function displayable<T extends object>(value: T, forms: () => Forms): T & Displayable {
  const hidden = (member: unknown) => ({ value: member, enumerable: false, configurable: true, writable: true });
  return Object.defineProperties(value, {
    [jupyterDisplay]: hidden(forms),
    display: hidden(() => showForms(forms())),
  }) as T & Displayable;
}

/**
 * Shows a value below the cell of whatever notebook runs it (Nibble's kernel, tslab, Deno): a `Result` as its table and
 * plots, a figure as a picture, an object with a method `Symbol.for("Jupyter.display")` as that says, anything else as
 * Node prints it. Outside a notebook it prints text.
 */
export async function show(value: unknown): Promise<void> {
  if (typeof value === "object" && value !== null) {
    const { display, [jupyterDisplay]: formsOf } = value as {
      readonly display?: unknown;
      readonly [jupyterDisplay]?: unknown;
    };
    if (typeof formsOf === "function" && typeof display === "function") return void (await display.call(value));
    if (typeof formsOf === "function") return showForms((await formsOf.call(value)) as Forms);
  }
  return showForms({ "text/plain": inspect(value) });
}
