import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, sep } from "node:path";
import { type Diagnostic, DiagnosticError, diagnostic } from "../../base/diagnostic.js";
import { makeFolder } from "../../base/folder.js";
import { ownPackage } from "../../base/package.js";
import { dataFolder, type Location, type Machine } from "./places.js";
import { type KernelSpec, kernelJson, kernelSpecs, startScript } from "./spec.js";

/** What to install, and where. */
export interface InstallOptions {
  readonly location: Location;
  /** Name of the Nibble-first kernelspec; the TypeScript-first one is `NAME-ts`. "nibble" unless given. */
  readonly name?: string | undefined;
  /** "Nibble" unless given. */
  readonly displayName?: string | undefined;
}

/** A kernelspec on disk. */
export interface InstalledSpec {
  readonly name: string;
  readonly folder: string;
}

/** The file by which we know a kernelspec of ours; the launcher reads from it where the package was. */
const MARK = "nibble.json";

const ASSETS = ["launcher.mjs", "assets/logo-32x32.png", "assets/logo-64x64.png", "assets/logo-svg.svg"];

/** Every file that we write into a kernelspec's folder. */
const FILES = ["kernel.json", "start.sh", MARK, ...ASSETS.map((file) => basename(file))];

/**
 * Writes both kernelspecs, each whole or not at all; needs no Python.
 * @throws {DiagnosticError} when a name is not allowed or taken by another kernel, or the place cannot be written
 */
export function installKernels(
  { location, name, displayName }: InstallOptions,
  machine: Machine,
): { readonly installed: readonly InstalledSpec[]; readonly warnings: readonly Diagnostic[] } {
  const specs = kernelSpecs(name, displayName);
  const data = dataFolder(location, machine);
  for (const spec of specs) {
    const folder = join(data, "kernels", spec.name);
    if (existsSync(folder) && !existsSync(join(folder, MARK))) {
      throw new DiagnosticError(diagnostic("kernelspec-foreign", { name: spec.name, folder }));
    }
  }
  const installed = writing(location, data, () => specs.map((spec) => installOne(spec, data)));
  const { folder } = ownPackage();
  const cached = folder.split(sep).includes("_npx");
  const warnings = cached ? [diagnostic("kernel-in-npx-cache", { folder }, { severity: "warning" })] : [];
  return { installed, warnings };
}

/**
 * Removes the kernelspecs that `installKernels` wrote, file by file; what somebody added stays.
 * @returns folders that are gone, and folders that hold something that is not ours
 * @throws {DiagnosticError} when there is none, or it cannot be removed
 */
export function uninstallKernels(
  { location, name }: InstallOptions,
  machine: Machine,
): { readonly removed: readonly string[]; readonly left: readonly string[] } {
  const data = dataFolder(location, machine);
  const names = kernelSpecs(name).map((spec) => spec.name);
  const folders = names.map((each) => join(data, "kernels", each)).filter((folder) => existsSync(join(folder, MARK)));
  if (folders.length === 0) {
    throw new DiagnosticError(diagnostic("kernel-not-installed", { names, folder: join(data, "kernels") }));
  }
  return writing(location, data, () => {
    const left = folders.filter((folder) => !removeOurs(folder));
    return { removed: folders.filter((folder) => !left.includes(folder)), left };
  });
}

/** Kernelspecs of ours in a data folder of Jupyter, under any name. */
export function kernelsIn(data: string): readonly InstalledSpec[] {
  const kernels = join(data, "kernels");
  let names: readonly string[];
  try {
    names = readdirSync(kernels);
  } catch {
    return [];
  }
  return names
    .map((name) => ({ name, folder: join(kernels, name) }))
    .filter(({ folder }) => existsSync(join(folder, MARK)) && existsSync(join(folder, "kernel.json")));
}

function installOne(spec: KernelSpec, data: string): InstalledSpec {
  const kernels = join(data, "kernels");
  makeFolder(kernels);
  // Beside `kernels`, where no client takes a half-written folder for a kernel, and on the same disk.
  const scratch = mkdtempSync(join(data, ".nibble-install-"));
  try {
    const [fresh, old] = [join(scratch, "new"), join(scratch, "old")];
    const folder = join(kernels, spec.name);
    mkdirSync(fresh);
    for (const [file, content] of contents(spec, folder)) writeFileSync(join(fresh, file), content);
    if (existsSync(folder)) renameSync(folder, old);
    try {
      renameSync(fresh, folder);
    } catch (error) {
      if (existsSync(old)) renameSync(old, folder);
      throw error;
    }
    return { name: spec.name, folder };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function contents(spec: KernelSpec, folder: string): readonly (readonly [string, string | Uint8Array])[] {
  const own = ownPackage();
  const node = process.execPath;
  const source = join(own.folder, "src", "kernel", "install");
  return [
    ["kernel.json", kernelJson(spec, folder, { platform: process.platform, node })],
    ["start.sh", startScript(node)],
    [MARK, `${JSON.stringify({ package: own.folder, version: own.version, node }, null, 2)}\n`],
    ...ASSETS.map((file) => [basename(file), readFileSync(join(source, file))] as const),
  ];
}

/** @returns whether the folder is gone */
function removeOurs(folder: string): boolean {
  for (const file of FILES) rmSync(join(folder, file), { force: true });
  if (readdirSync(folder).length > 0) return false;
  rmdirSync(folder);
  return true;
}

/** Turns what the file system refuses into a diagnostic. */
function writing<T>(location: Location, data: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const folder = path === undefined ? data : path.startsWith(data) ? data : dirname(path);
    const reason = reasons[code] ?? (error as Error).message;
    throw new DiagnosticError(
      diagnostic("kernelspec-not-writable", { folder, reason, shared: location.kind !== "user" }),
    );
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "not permitted",
  EROFS: "the file system is read-only",
  ENOSPC: "no space is left",
  ENOTDIR: "a part of the path is a file",
  EEXIST: "a file is in the way",
  // Of a folder whose parent is there: what /proc answers.
  ENOENT: "no folder can be made there",
  ENAMETOOLONG: "the path is too long",
  ELOOP: "its links go round in a circle",
};
