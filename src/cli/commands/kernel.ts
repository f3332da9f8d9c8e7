import { spawn } from "node:child_process";
import { DiagnosticError } from "../../base/diagnostic.js";
import { entryPoint } from "../../base/entry.js";
import { inspectKernels } from "../../kernel/install/doctor.js";
import { installKernels, uninstallKernels } from "../../kernel/install/install.js";
import { type Location, thisMachine } from "../../kernel/install/places.js";
import { EXIT } from "../exit.js";
import type { Shell } from "../shell.js";
import { checkLine } from "./doctor.js";

export interface KernelFlags {
  readonly user?: boolean;
  readonly sysPrefix?: boolean;
  readonly prefix?: string;
  readonly name?: string;
  readonly displayName?: string;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** `nibble kernel install`: both kernelspecs, written where Jupyter finds them. */
export async function kernelInstallCommand(flags: KernelFlags, shell: Shell): Promise<number> {
  return reported(shell, () => {
    const { installed, warnings } = installKernels({ ...flags, location: locationOf(flags) }, thisMachine());
    shell.report(warnings, new Map());
    for (const { name, folder } of installed) say(shell, { installed: name, folder }, `installed ${name} in ${folder}`);
  });
}

/** `nibble kernel uninstall`: removes what `install` wrote. */
export async function kernelUninstallCommand(flags: KernelFlags, shell: Shell): Promise<number> {
  return reported(shell, () => {
    const { removed, left } = uninstallKernels({ ...flags, location: locationOf(flags) }, thisMachine());
    for (const folder of removed) say(shell, { removed: folder }, `removed ${folder}`);
    for (const folder of left) {
      say(shell, { removed: folder, left: true }, `removed our files from ${folder}; the others are not Nibble's`);
    }
  });
}

/** `nibble kernel doctor`: whether notebooks can use the kernel here. */
export async function kernelDoctorCommand(shell: Shell): Promise<number> {
  const checks = await inspectKernels(thisMachine());
  for (const check of checks) shell.print(shell.json ? JSON.stringify(check) : checkLine(check, shell));
  return checks.some(({ status }) => status === "missing") ? EXIT.trial : EXIT.ok;
}

/** `nibble kernel start`: the kernel itself, for kernelspecs that somebody writes by hand. */
export function kernelStartCommand(args: readonly string[]): Promise<number> {
  const { file, execArgv } = entryPoint("kernel/main");
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...execArgv, file, ...args], { stdio: "inherit" });
    child.once("error", () => resolve(EXIT.trial));
    child.once("close", (code) => resolve(code ?? EXIT.trial));
  });
}

function locationOf({ prefix, sysPrefix }: KernelFlags): Location {
  if (prefix !== undefined) return { kind: "prefix", prefix };
  return { kind: sysPrefix ? "sys-prefix" : "user" };
}

function say(shell: Shell, record: object, text: string): void {
  if (shell.json) shell.print(JSON.stringify(record));
  else if (!shell.quiet) shell.print(text);
}

function reported(shell: Shell, work: () => void): number {
  try {
    work();
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    shell.report(error.diagnostics, new Map());
    return error.diagnostics.some(({ code }) => code === "kernelspec-not-writable") ? EXIT.trial : EXIT.wrongProgram;
  }
}
