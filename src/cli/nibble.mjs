#!/usr/bin/env node
/**
 * Starts the command line. In a checkout it first builds what the sources have outrun; an installed package comes built.
 * `dist/cli/main.js` either exports `main(args): Promise<number>`, the exit code, or does all its work when imported.
 */
import { build, buildIsStale } from "../setup/build.mjs";
import { root } from "../setup/places.mjs";

/** @returns {Promise<{ main?: (args: string[]) => Promise<number> }>} */
async function commandLine() {
  if (buildIsStale(root)) {
    process.stderr.write("building dist from the sources\n");
    await build(root, { quick: true });
  }
  return import(new URL("../../dist/cli/main.js", import.meta.url).href);
}

/** @param {NodeJS.ErrnoException} error */
function explained(error) {
  if (error.code !== "ERR_MODULE_NOT_FOUND") return error.message;
  const missing = /Cannot find (?:package|module) '([^']+)'/.exec(error.message)?.[1] ?? "a package";
  return `${missing} is missing: run \`npm run setup\` in ${root}`;
}

// A reader that has seen enough (`nibble run ... | head`) ends the command as it ends any other: 128 + SIGPIPE.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error) => {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "EPIPE") process.exit(141);
    if (stream === process.stdout) process.stderr.write(`nibble cannot write its results: ${error.message}\n`);
    process.exit(3);
  });
}

const started = await commandLine().catch((error) => {
  process.stderr.write(`nibble cannot start: ${explained(error)}\n`);
  // Not 1, which says that an expectation failed.
  process.exitCode = 3;
});
if (started?.main) process.exitCode = await started.main(process.argv.slice(2));
