import { ownPackage } from "../../base/package.js";
import type { Display, DisplayHandle } from "./display.js";

/** What `import * as tslab from "tslab"` gives in our kernel: tslab's public module over our display. */
export interface Tslab {
  readonly display: Display;
  /** A place whose first call shows and each later one replaces. */
  newDisplay(): DisplayHandle;
  readonly versions: { readonly tslab: string; readonly typescript: string; readonly node: string };
}

/** @param typescriptVersion of the compiler that runs the cells */
export function createTslab(display: Display, typescriptVersion: string): Tslab {
  const tslab = `1.0.22 (as given by nibble ${ownPackage().version})`;
  return {
    display,
    newDisplay: () => display.create(),
    versions: { tslab, typescript: typescriptVersion, node: process.version },
  };
}
