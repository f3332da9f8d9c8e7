import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** This package: where it lies, in a checkout or under node_modules, and its version. */
export interface OwnPackage {
  readonly folder: string;
  readonly version: string;
  /** True when the running code is TypeScript source, not a build. */
  readonly fromSource: boolean;
}

const NAME = "nibble-quant";

/** Found once: the folder above this file whose package.json has our name. */
export function ownPackage(): OwnPackage {
  found ??= find(dirname(fileURLToPath(import.meta.url)));
  return found;
}

let found: OwnPackage | undefined;

function find(folder: string): OwnPackage {
  const file = join(folder, "package.json");
  if (existsSync(file)) {
    const { name, version } = JSON.parse(readFileSync(file, "utf8")) as { name?: string; version?: string };
    if (name === NAME && version) return { folder, version, fromSource: import.meta.url.endsWith(".ts") };
  }
  if (folder === dirname(folder)) throw new Error(`base: no folder above this file holds the package ${NAME}`);
  return find(dirname(folder));
}
