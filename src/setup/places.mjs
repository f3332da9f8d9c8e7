import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the package: where package.json lies. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/** Holds what set-up makes for this checkout alone; ignored by git. */
export const projectFolder = join(root, ".nibble");

/**
 * Holds what is large and the same for every checkout of this user: `$XDG_CACHE_HOME/nibble`, else `~/.cache/nibble`,
 * else (no writable home) a folder of the checkout.
 * @param {NodeJS.ProcessEnv} environment
 */
export function cacheFolder(environment = process.env) {
  const shared = join(environment.XDG_CACHE_HOME || join(homedir(), ".cache"), "nibble");
  try {
    mkdirSync(shared, { recursive: true });
    return shared;
  } catch {
    return join(projectFolder, "cache");
  }
}
