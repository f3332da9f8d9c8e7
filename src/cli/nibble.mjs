#!/usr/bin/env node
/**
 * Starts the command line. In a checkout it first builds what the sources have outrun; an installed package comes built.
 * `dist/cli/main.js` exports `main(args): Promise<number>`, the exit code.
 */
import { build, buildIsStale } from "../setup/build.mjs";
import { root } from "../setup/places.mjs";

/** @returns {Promise<(args: string[]) => Promise<number>>} */
async function commandLine() {
  if (buildIsStale(root)) {
    process.stderr.write("building dist from the sources\n");
    await build(root, { quick: true });
  }
  const { main } = await import(new URL("../../dist/cli/main.js", import.meta.url).href);
  return main;
}

/** @param {NodeJS.ErrnoException} error */
function explained(error) {
  if (error.code !== "ERR_MODULE_NOT_FOUND") return error.message;
  const missing = /Cannot find (?:package|module) '([^']+)'/.exec(error.message)?.[1] ?? "a package";
  return `${missing} is missing: run \`npm run setup\` in ${root}`;
}

const main = await commandLine().catch((error) => {
  process.stderr.write(`nibble cannot start: ${explained(error)}\n`);
  return undefined;
});
process.exitCode = main === undefined ? 1 : await main(process.argv.slice(2));
