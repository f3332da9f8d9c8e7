import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Check } from "../../engines/doctor.js";
import { type InstalledSpec, kernelsIn } from "./install.js";
import { type Machine, searchedFolders } from "./places.js";

const INSTALL = "nibble kernel install";

/**
 * Whether notebooks can use the kernel here: what is installed where, and whether it starts and answers. Starts every
 * kernel.
 * @param folder of the notebooks, from which the launcher looks for the package
 */
export async function inspectKernels(machine: Machine, folder = process.cwd()): Promise<readonly Check[]> {
  const zeromq = await checkZeromq();
  const specs = searchedFolders(machine).flatMap((data) => kernelsIn(data));
  const checks: Check[] = [zeromq, checkJupyter(machine)];
  if (specs.length === 0) {
    checks.push({
      name: "kernelspecs",
      status: "missing",
      detail: "not installed",
      cost: "Jupyter does not offer the kernels",
      mend: INSTALL,
    });
  }
  for (const spec of specs) checks.push(await checkSpec(spec, folder, zeromq.status === "ok"));
  return checks;
}

async function checkZeromq(): Promise<Check> {
  const name = "zeromq";
  try {
    const { version } = await import("zeromq");
    return { name, status: "ok", detail: `libzmq ${version}` };
  } catch (error) {
    const detail = `does not load: ${(error as Error).message.split("\n")[0]}`;
    return {
      name,
      status: "missing",
      detail,
      cost: "no kernel starts",
      mend: "npm install, on a platform that zeromq supports",
    };
  }
}

function checkJupyter({ env, platform }: Machine): Check {
  const name = "jupyter";
  const program = platform === "win32" ? "jupyter.exe" : "jupyter";
  const folders = (env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const found = folders.map((folder) => join(folder, program)).find((file) => existsSync(file));
  if (found !== undefined) return { name, status: "ok", detail: found };
  return {
    name,
    status: "degraded",
    detail: "not on PATH",
    cost: "notebooks open in VS Code alone, or in a Jupyter elsewhere; `nibble run notebook.ipynb` needs none",
    mend: "pip install jupyterlab",
  };
}

async function checkSpec({ name, folder }: InstalledSpec, cwd: string, canStart: boolean): Promise<Check> {
  const check = `kernel ${name}`;
  const bad = (what: string): Check => ({
    name: check,
    status: "missing",
    detail: `${folder}: ${what}`,
    cost: "notebooks of this kernel do not run",
    mend: INSTALL,
  });
  const argv = argvOf(folder);
  if (argv === undefined) return bad("kernel.json is broken");
  const found = launches(argv, cwd);
  if ("reason" in found) return bad(found.reason);
  if (!canStart) return bad("cannot be started without zeromq");
  // Later, for without zeromq it does not even load.
  const { probeKernel } = await import("./probe.js");
  const probe = await probeKernel(argv, cwd);
  if (!probe.ok) return bad(`does not start: ${probe.reason}`);
  return {
    name: check,
    status: "ok",
    detail: `${folder}: ${probe.implementation} from ${found.package} (${found.why}), answers in ${(probe.answeredMs / 1000).toFixed(1)} s`,
  };
}

function argvOf(folder: string): readonly string[] | undefined {
  try {
    const { argv } = JSON.parse(readFileSync(join(folder, "kernel.json"), "utf8")) as { argv?: unknown };
    return Array.isArray(argv) && argv.length > 1 && argv.every((word) => typeof word === "string") ? argv : undefined;
  } catch {
    return undefined;
  }
}

/** Which package the launcher would start from this folder. */
function launches(
  argv: readonly string[],
  cwd: string,
): { readonly package: string; readonly why: string } | { readonly reason: string } {
  const [program = "", file = ""] = argv;
  const { status, stdout, stderr, error } = spawnSync(program, [file, "--where"], {
    cwd,
    encoding: "utf8",
    timeout: 30_000,
  });
  if (error) return { reason: error.message };
  if (status !== 0) return { reason: stderr.trim().split("\n")[0] ?? `the launcher ended with ${status}` };
  const { folder, why } = JSON.parse(stdout) as { folder: string; why: string };
  return { package: folder, why };
}
