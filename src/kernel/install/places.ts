import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { DiagnosticError, diagnostic } from "../../base/diagnostic.js";

/** Where a kernel is to be installed. */
export type Location =
  | { readonly kind: "user" }
  /** The environment of the Python that is active. */
  | { readonly kind: "sys-prefix" }
  | { readonly kind: "prefix"; readonly prefix: string };

/** What of the machine decides where Jupyter's folders are. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

export function thisMachine(): Machine {
  return { platform: process.platform, env: process.env, home: homedir() };
}

/**
 * Jupyter's data folder of the user.
 * @see https://docs.jupyter.org/en/latest/use/jupyter-directories.html
 */
export function userDataFolder({ platform, env, home }: Machine): string {
  if (env.JUPYTER_DATA_DIR) return resolve(env.JUPYTER_DATA_DIR);
  if (platform === "darwin") return join(home, "Library", "Jupyter");
  if (platform === "win32") return join(env.APPDATA ?? join(home, "AppData", "Roaming"), "jupyter");
  return join(env.XDG_DATA_HOME || join(home, ".local", "share"), "jupyter");
}

/** The data folder that a location means. @throws {DiagnosticError} when there is no Python for `--sys-prefix` */
export function dataFolder(location: Location, machine: Machine): string {
  if (location.kind === "user") return userDataFolder(machine);
  const prefix = location.kind === "prefix" ? location.prefix : pythonPrefix(machine);
  if (prefix === undefined) throw new DiagnosticError(diagnostic("kernel-no-prefix", {}));
  return join(resolve(prefix), "share", "jupyter");
}

/** All data folders in which kernels of ours may be, in Jupyter's order, without those that it would name twice. */
export function searchedFolders(machine: Machine): readonly string[] {
  const { env, platform } = machine;
  const listed = (env.JUPYTER_PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const prefix = pythonPrefix(machine);
  const system =
    platform === "win32"
      ? [join(env.PROGRAMDATA ?? "C:\\ProgramData", "jupyter")]
      : ["/usr/local/share/jupyter", "/usr/share/jupyter"];
  const own = prefix === undefined ? [] : [join(prefix, "share", "jupyter")];
  return [...new Set([...listed, userDataFolder(machine), ...own, ...system].map((folder) => resolve(folder)))];
}

/** `sys.prefix` of the environment that is active, else of the Python on PATH. */
function pythonPrefix({ env }: Machine): string | undefined {
  const active = env.VIRTUAL_ENV || env.CONDA_PREFIX;
  // A shell may still name an environment that somebody has deleted.
  if (active && existsSync(active)) return active;
  for (const program of ["python3", "python"]) {
    const options = { encoding: "utf8", timeout: 20_000, env: { ...env } } as const;
    const { status, stdout } = spawnSync(program, ["-c", "import sys; print(sys.prefix)"], options);
    if (status === 0 && stdout.trim() !== "") return stdout.trim();
  }
  return undefined;
}
