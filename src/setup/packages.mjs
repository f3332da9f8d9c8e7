import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command.mjs";

/** @typedef {{ version?: string, optional?: boolean, devOptional?: boolean, link?: boolean }} LockEntry */

/**
 * Compares what npm says it installed with the lock file.
 * @param {string} root folder of package.json
 * @returns {"fresh" | "absent" | "stale"}
 */
export function packagesState(root) {
  const wanted = lockEntries(join(root, "package-lock.json"));
  if (wanted === undefined) return "fresh"; // an installed package: its packages are the business of the project around it
  const installed = lockEntries(join(root, "node_modules", ".package-lock.json"));
  if (installed === undefined) return "absent";
  const differs = Object.entries(wanted).some(([path, entry]) => {
    if (path === "" || entry.link) return false;
    const found = installed[path];
    return found === undefined ? !entry.optional : found.version !== entry.version;
  });
  return differs ? "stale" : "fresh";
}

/**
 * `npm ci` when node_modules is missing or does not match the lock.
 * @param {string} root
 * @param {(line: string) => void} say
 * @throws {Error} when npm fails; nothing works without the packages
 */
export async function installPackages(root, say) {
  const state = packagesState(root);
  if (state === "fresh") return;
  say(`packages: ${state === "absent" ? "installing" : "package-lock.json has changed, installing again"} (npm ci)`);
  const npm = process.env.npm_execpath;
  // `npm_execpath` may belong to yarn or pnpm, which have no `ci` for our lock.
  const [program, before] = npm && /npm-cli\.[cm]?js$/.test(npm) ? [process.execPath, [npm]] : ["npm", []];
  const { ok, output } = await run(program, [...before, "ci", "--no-audit", "--no-fund", "--no-progress"], {
    cwd: root,
    seconds: 1800,
  });
  if (ok) return;
  // npm names the fault first, and ends with its manual and the place of its log.
  const faults = output.split("\n").filter((line) => /^npm err/i.test(line) && line.length > "npm error ".length);
  throw new Error(`npm ci failed:\n${(faults.length > 0 ? faults : [output.trim()]).slice(0, 8).join("\n")}`);
}

/**
 * @param {string} file
 * @returns {Record<string, LockEntry> | undefined}
 */
function lockEntries(file) {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages;
  } catch {
    return undefined;
  }
}
