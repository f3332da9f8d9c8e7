import type { Command } from "commander";
import { type FormatFlags, formatCommand } from "./commands/fmt.js";
import type { SharedOptions, Shell } from "./shell.js";

/** Adds `nibble fmt`. */
export function addFormatCommand(
  program: Command,
  shell: (flags: SharedOptions) => Shell,
  outcome: (promise: Promise<number>) => Promise<void>,
): void {
  program
    .command("fmt")
    .argument("<files...>", ".nib programs; - reads standard input and writes standard output")
    .summary("write programs in the canonical layout")
    .option("--check", "write nothing; say which files would change", false)
    .option("--json", "one JSON object a line on standard output", false)
    .option("--quiet", "say nothing of files that change", false)
    .addHelpText(
      "after",
      "\nExit codes: 0 all is well, 1 --check found a file that would change, 2 a program has mistakes or cannot be read\n(it is left alone), 3 a file could not be written.",
    )
    .action((files: readonly string[], flags: FormatFlags) => outcome(formatCommand(files, flags, shell(flags))));
}
