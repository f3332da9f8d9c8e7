/**
 * Finds the package and becomes its kernel. Copied into the kernelspec's folder, so that it outlives upgrades and caches:
 *
 *   node launcher.mjs --connection-file FILE --language typescript|nibble
 *   node launcher.mjs --where       prints which package would start, as JSON, and ends
 *
 * Uses `node:` modules alone. Looked at, in this order: the folder it is started in (Jupyter's: the notebook's) and those
 * above it; the package that installed it; a global installation.
 */
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const NAME = "nibble-quant";

/** @typedef {{ folder: string, why: string }} Found */

/** @returns {Generator<Found>} */
function* candidates() {
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    yield { folder: join(folder, "node_modules", NAME), why: "beside the notebook" };
    yield { folder, why: "around the notebook" };
    if (folder === dirname(folder)) break;
  }
  const { package: recorded } = JSON.parse(readFileSync(new URL("nibble.json", import.meta.url), "utf8"));
  yield { folder: recorded, why: "as installed" };
  const { NPM_CONFIG_PREFIX: chosen, APPDATA: appData } = process.env;
  const prefixes = [
    chosen,
    dirname(dirname(process.execPath)),
    dirname(process.execPath),
    appData && join(appData, "npm"),
  ];
  for (const prefix of prefixes) {
    if (!prefix) continue;
    yield { folder: join(prefix, "lib", "node_modules", NAME), why: "global" };
    yield { folder: join(prefix, "node_modules", NAME), why: "global" };
  }
}

/** @param {string} folder whether it holds a version of the package that has a kernel, built or to be built */
function hasKernel(folder) {
  try {
    if (JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).name !== NAME) return false;
  } catch {
    return false;
  }
  return existsSync(join(folder, "dist", "kernel", "main.js")) || existsSync(join(folder, "src", "kernel", "main.ts"));
}

/** @param {string} folder a checkout is built first when its sources are newer */
async function buildIfStale(folder) {
  if (!existsSync(join(folder, "src", "kernel", "main.ts"))) return;
  const { build, buildIsStale } = await import(pathToFileURL(join(folder, "src", "setup", "build.mjs")).href);
  if (!buildIsStale(folder)) return;
  process.stderr.write("nibble kernel: building dist from the sources\n");
  await build(folder, { quick: true });
}

async function main() {
  let found;
  for (const candidate of candidates()) {
    if (!hasKernel(candidate.folder)) continue;
    found = { ...candidate, folder: realpathSync(candidate.folder) };
    break;
  }
  const asked = process.argv.includes("--where");
  if (found === undefined) {
    const { package: recorded } = JSON.parse(readFileSync(new URL("nibble.json", import.meta.url), "utf8"));
    process.stderr.write(
      `nibble kernel: the package ${NAME} is not above ${process.cwd()}, no longer at ${recorded}, and not installed globally\n` +
        `nibble kernel: run \`npm install -g ${NAME}\`, or remove the kernel: ${dirname(fileURLToPath(import.meta.url))}\n`,
    );
    process.exit(1);
  }
  if (asked) {
    process.stdout.write(`${JSON.stringify(found)}\n`);
    return;
  }
  if (process.env.NIBBLE_SET_ARENAS) {
    delete process.env.MALLOC_ARENA_MAX;
    delete process.env.NIBBLE_SET_ARENAS;
  }
  await buildIfStale(found.folder);
  await import(pathToFileURL(join(found.folder, "dist", "kernel", "main.js")).href);
}

main().catch((error) => {
  process.stderr.write(`nibble kernel: ${error.message}\n`);
  process.exit(1);
});
