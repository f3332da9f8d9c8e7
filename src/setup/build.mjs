/**
 * Builds `dist` from the sources: `node src/setup/build.mjs`. The launcher builds through here too.
 */
import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { run } from "./command.mjs";
import { root } from "./places.mjs";

/** What `dist` is made from. */
const SOURCES = ["src", "grammar", "package.json", "tsup.config.ts", "tsconfig.json"];

/** A build that has not ended by now was killed and left its lock. */
const LONGEST_BUILD_MS = 300_000;

/**
 * Whether this is a checkout whose `dist` is missing or older than its sources. An installed package has no sources.
 * @param {string} folder the package
 */
export function buildIsStale(folder) {
  if (!existsSync(join(folder, "src/cli/main.ts"))) return false;
  const built = join(folder, "dist/cli/main.js");
  if (!existsSync(built)) return true;
  const time = statSync(built).mtimeMs;
  return SOURCES.some((name) => newest(join(folder, name)) > time);
}

/**
 * Latest change below a path, milliseconds since 1970; a folder's own time tells of removed files.
 * @param {string} path
 * @returns {number}
 */
function newest(path) {
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined) return 0;
  if (!info.isDirectory()) return info.mtimeMs;
  return readdirSync(path).reduce((time, name) => Math.max(time, newest(join(path, name))), info.mtimeMs);
}

/**
 * Runs tsup. Old chunks stay, for a process that runs from `dist` may still load them; the full build takes them away.
 * @param {string} folder the package
 * @param {{ quick: boolean }} options `quick`: no type declarations
 * @throws {Error} with what tsup printed
 */
export async function build(folder, { quick }) {
  const tsup = join(folder, "node_modules/tsup/dist/cli-default.js");
  if (!existsSync(tsup)) throw new Error("the packages are not installed: run `npm run setup`");
  await alone(join(folder, ".nibble"), async () => {
    if (!quick) rmSync(join(folder, "dist"), { recursive: true, force: true });
    const { ok, output } = await run(process.execPath, [tsup], {
      cwd: folder,
      env: { NIBBLE_BUILD: quick ? "quick" : "full" },
    });
    if (!ok) throw new Error(`the build failed:\n${output.trim()}`);
  });
}

/**
 * Holds a folder as a lock while `work` runs, so that two builds do not write over each other.
 * @param {string} folder
 * @param {() => Promise<void>} work
 */
async function alone(folder, work) {
  mkdirSync(folder, { recursive: true });
  const lock = join(folder, "build.lock");
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
      const held = statSync(lock, { throwIfNoEntry: false });
      if (held && Date.now() - held.mtimeMs > LONGEST_BUILD_MS) rmSync(lock, { recursive: true, force: true });
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
  try {
    await work();
  } finally {
    rmdirSync(lock);
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    await build(root, { quick: false });
  } catch (error) {
    process.stderr.write(`${/** @type {Error} */ (error).message}\n`);
    process.exitCode = 1;
  }
}
