import type { InterpreterOptions } from "./interpreter.js";
import type { NibbleSession } from "./nibble/session.js";

/** The language's side of a notebook, loaded when a cell first needs it: most of a kernel's start would be its parser. */
export interface LazyNibble {
  session(): Promise<NibbleSession>;
  reset(): void;
}

export function lazyNibble(options: InterpreterOptions): LazyNibble {
  let loaded: NibbleSession | undefined;
  return {
    async session() {
      const { createNibbleSession } = await import("./nibble/session.js");
      loaded ??= createNibbleSession(options);
      return loaded;
    },
    reset: () => loaded?.reset(),
  };
}
