import { unzipSync } from "fflate";
import { fail } from "../base/diagnostic.js";
import { clipped } from "./cells.js";
import { mostBytes } from "./settings.js";

/** Most files in an archive. */
const mostEntries = 10_000;

export const isZip = (bytes: Uint8Array) => bytes[0] === 0x50 && bytes[1] === 0x4b;

/** Names of the arrays in an .npz, unpacked only when asked for. */
export interface Npz {
  readonly names: readonly string[];
  /** Bytes of the .npy called `name`; what inflates past what the archive announces is refused. */
  entry(name: string): Uint8Array;
}

/** @throws {DiagnosticError} when the zip is broken, or announces more than `mostBytes` */
export function openNpz(bytes: Uint8Array, path: string): Npz {
  const names: string[] = [];
  let total = 0;
  unzip(bytes, path, ({ name, originalSize }) => {
    total += originalSize;
    if (total > mostBytes) fail("data-too-large", { what: path, size: total, most: mostBytes, unit: "bytes" });
    if (names.length >= mostEntries) {
      fail("data-too-large", { what: path, size: names.length + 1, most: mostEntries, unit: "files" });
    }
    if (name.endsWith(".npy")) names.push(name.slice(0, -".npy".length));
    return false;
  });
  if (names.length === 0) fail("data-empty", { path, what: "arrays (.npy files)" });
  return {
    names,
    entry(name) {
      const file = `${name}.npy`;
      const found = unzip(bytes, path, (entry) => entry.name === file)[file];
      if (!found) throw new Error(`datasets: ${name} is not in the archive`);
      return found;
    },
  };
}

type Choose = NonNullable<NonNullable<Parameters<typeof unzipSync>[1]>["filter"]>;

function unzip(bytes: Uint8Array, path: string, filter: Choose) {
  try {
    return unzipSync(bytes, { filter });
  } catch (error) {
    if (!(error instanceof Error) || error.name === "DiagnosticError") throw error;
    fail("data-corrupt", { path, format: "npz (zip)", reason: clipped(error.message) });
  }
}
