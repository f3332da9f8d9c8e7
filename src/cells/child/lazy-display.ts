import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Display, DisplayConnection } from "../display/display.js";
import type { CellOutput } from "../outputs.js";

/** The global `display` of cells, made when a cell first names it. */
export interface LazyDisplay {
  load(): Promise<Display>;
  /** tslab's module over the same display. */
  tslab(): Promise<object>;
  /** Resolves when all that was shown has been sent. */
  settled(): Promise<void>;
}

export function lazyDisplay(emit: (output: CellOutput) => void): LazyDisplay {
  let connection: DisplayConnection | undefined;
  const load = async () => {
    connection ??= (await import("../display/display.js")).createDisplay(emit);
    return connection.display;
  };
  return {
    load,
    async tslab() {
      const { createTslab } = await import("../display/tslab.js");
      return createTslab(await load(), typescriptVersion());
    },
    async settled() {
      if (connection) await connection.settled();
    },
  };
}

/** Read from its package: loading the compiler for its number would take most of a second. */
function typescriptVersion(): string {
  const file = createRequire(import.meta.url).resolve("typescript/package.json");
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
