import type { InterpreterOptions } from "./interpreter.js";
import type { NibbleSession } from "./nibble/session.js";

/** The language's side of a notebook, loaded when a cell first needs it: most of a kernel's start would be its parser. */
export interface LazyNibble {
  session(): Promise<NibbleSession>;
  reset(): void;
}

/** @param hostNames names that `$name` can mean at the time of the call */
export function lazyNibble(options: InterpreterOptions, hostNames: () => readonly string[]): LazyNibble {
  let loaded: NibbleSession | undefined;
  return {
    async session() {
      const { createNibbleSession } = await import("./nibble/session.js");
      loaded ??= createNibbleSession({ ...options, hostNames });
      return loaded;
    },
    reset: () => loaded?.reset(),
  };
}
