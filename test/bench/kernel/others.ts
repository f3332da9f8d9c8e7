import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ownPackage } from "../../../src/base/package.js";

/** The kernels that Nibble is compared with, and the TF.js that all of them complete names of. */
const PACKAGES = { tslab: "1.0.22", deno: "2.9.6", "@tensorflow/tfjs": "4.22.0" };

/** Where they lie: a scratch project of their own, so that nothing of them is a dependency of ours. */
export const othersFolder = join(ownPackage().folder, ".nibble", "bench-kernels");

/**
 * Installs tslab and Deno from npm, once. No install script runs: tslab's zeromq and Deno's program come prebuilt.
 * @throws {Error} with npm's last lines
 */
export function installOthers(): void {
  const wanted = `${JSON.stringify({ private: true, dependencies: PACKAGES }, null, 2)}\n`;
  const manifest = join(othersFolder, "package.json");
  const installed = Object.keys(PACKAGES).every((name) => existsSync(join(othersFolder, "node_modules", name)));
  if (installed && readFileSync(manifest, "utf8") === wanted) return;
  mkdirSync(othersFolder, { recursive: true });
  writeFileSync(manifest, wanted);
  const { status, stderr } = spawnSync("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd: othersFolder,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  if (status !== 0) throw new Error(`npm could not install tslab and Deno: ${stderr.trim().slice(-500)}`);
}

/** Deno's own program, past the JavaScript that npm starts it through. */
export function denoProgram(): string {
  const folder = join(othersFolder, "node_modules", "@deno");
  const libc = process.platform === "linux" ? "-glibc" : "";
  const program = process.platform === "win32" ? "deno.exe" : "deno";
  return join(folder, `${process.platform}-${process.arch}${libc}`, program);
}
