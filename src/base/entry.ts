import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ownPackage } from "./package.js";

/** How a child process or a worker thread of ours is started. */
export interface EntryPoint {
  readonly file: string;
  /** Node's own arguments that the file needs. */
  readonly execArgv: readonly string[];
}

/**
 * The entry called `name` ("run/worker"): from sources (tests) its TypeScript under `src`, run through tsx; from a build
 * the file of the same name under `dist`. Every name stands in `tsup.config.ts`.
 */
export function entryPoint(name: string): EntryPoint {
  const { folder, fromSource } = ownPackage();
  return fromSource
    ? {
        file: join(folder, "src", `${name}.ts`),
        execArgv: ["--import", pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href],
      }
    : { file: join(folder, "dist", `${name}.js`), execArgv: [] };
}
