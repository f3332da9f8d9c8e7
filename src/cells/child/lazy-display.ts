import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Display, DisplayConnection } from "../display/display.js";
import type { CellOutput, MimeBundle } from "../outputs.js";
import { held, type MainGate } from "./gate.js";

type ToBundle = (value: unknown) => Promise<MimeBundle>;

/** The parts that show values, loaded when they are first needed. */
export interface LazyDisplay {
  /** What makes a bundle of a result. Load it before the code of a cell: that may replace what `import()` stands on. */
  toBundle(): Promise<ToBundle>;
  /** The global `display` of cells. */
  load(): Promise<Display>;
  /** tslab's module over the same display. */
  tslab(): Promise<object>;
  /** Resolves when all that was shown has been sent. */
  settled(): Promise<void>;
}

export function lazyDisplay(emit: (output: CellOutput) => void, gate: MainGate): LazyDisplay {
  let bundler: ToBundle | undefined;
  let connection: DisplayConnection | undefined;
  const load = async () => {
    connection ??= (await import("../display/display.js")).createDisplay(emit);
    return connection.display;
  };
  return {
    async toBundle() {
      bundler ??= (await held(gate, () => import("../display/to-bundle.js"))).toBundle;
      return bundler;
    },
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
