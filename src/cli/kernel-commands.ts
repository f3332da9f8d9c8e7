import { type Command, Option } from "commander";
import {
  type KernelFlags,
  kernelDoctorCommand,
  kernelInstallCommand,
  kernelStartCommand,
  kernelUninstallCommand,
} from "./commands/kernel.js";
import type { SharedOptions, Shell } from "./shell.js";

/** Adds `nibble kernel install|uninstall|doctor|start`. */
export function addKernelCommands(
  program: Command,
  shell: (flags: SharedOptions) => Shell,
  outcome: (promise: Promise<number>) => Promise<void>,
): void {
  const kernel = program.command("kernel").summary("the kernel for Jupyter: install, uninstall, doctor");

  located(kernel.command("install").summary("write both kernelspecs where Jupyter finds them"))
    .option("--display-name <name>", 'how notebooks show it (default: "Nibble", and "TypeScript (Nibble)")')
    .action((flags: KernelFlags) => outcome(kernelInstallCommand(flags, shell(flags))));

  located(kernel.command("uninstall").summary("remove what install wrote")).action((flags: KernelFlags) =>
    outcome(kernelUninstallCommand(flags, shell(flags))),
  );

  kernel
    .command("doctor")
    .summary("whether the kernels are installed, start and answer, and what mends it")
    .option("--json", "one JSON object a line", false)
    .action((flags: { json: boolean }) => outcome(kernelDoctorCommand(shell({ ...flags, quiet: false }))));

  kernel
    .command("start", { hidden: true })
    .requiredOption("--connection-file <file>", "what the Jupyter client wrote")
    .option("--language <language>", "of a cell that does not say: typescript or nibble", "typescript")
    .action(({ connectionFile, language }: { connectionFile: string; language: string }) =>
      outcome(kernelStartCommand(["--connection-file", connectionFile, "--language", language])),
    );
}

function located(command: Command): Command {
  return command
    .addOption(new Option("--user", "for this user (the default)").conflicts(["sysPrefix", "prefix"]))
    .addOption(
      new Option("--sys-prefix", "in the active virtual environment, else the one of Python on PATH").conflicts(
        "prefix",
      ),
    )
    .option("--prefix <dir>", "under this folder: share/jupyter/kernels")
    .option("--name <name>", 'name of the Nibble-first kernel; the TypeScript-first one is NAME-ts (default: "nibble")')
    .option("--json", "one JSON object a line", false)
    .option("--quiet", "say nothing", false);
}
