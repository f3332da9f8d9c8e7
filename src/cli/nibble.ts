import { statSync } from "node:fs";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { ownPackage } from "../base/package.js";
import { diagnosticsOf } from "../run/failure.js";
import { checkCommand } from "./commands/check.js";
import { diagnoseCommand } from "./commands/diagnose.js";
import { doctorCommand } from "./commands/doctor.js";
import { explainCommand } from "./commands/explain.js";
import { type ExportFlags, exportCommand, verifyCommand } from "./commands/export.js";
import { type ReportFlags, reportCommand } from "./commands/report.js";
import { type RunFlags, runCommand } from "./commands/run.js";
import { EXIT } from "./exit.js";
import { addFormatCommand } from "./format-command.js";
import { addKernelCommands } from "./kernel-commands.js";
import { type SharedOptions, type Shell, shellOf } from "./shell.js";
import type { Terminal } from "./terminal.js";

/**
 * The command line: reads arguments, calls the session, prints. Decides nothing about quantization.
 * @returns the exit code (`exit.ts`)
 */
export async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  let code: number = EXIT.ok;
  const outcome = (promise: Promise<number>) =>
    promise.then((result) => {
      code = result;
    });
  const shell = (flags: SharedOptions): Shell => shellOf(terminal, flags);
  const program = new Command("nibble")
    .description("Quantization experiments: one model, every precision, one honest table.")
    .version(ownPackage().version)
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => void terminal.stderr.write(text),
    })
    .exitOverride()
    // Defaults that are nothing ("false", "[]") tell nobody anything.
    .configureHelp({ optionDescription: ({ description }) => description })
    .addHelpText(
      "after",
      "\nBegin with `nibble run notebooks/first-sweep.nib --quick`; `nibble COMMAND --help` has the options.",
    )
    .showSuggestionAfterError();

  shared(
    program
      .command("run")
      .argument("<file>", ".nib program or .ipynb notebook")
      .summary("run the experiments of a program, or the cells of a notebook"),
  )
    .option("-p, --param <name=value>", "override a param; may be given several times", collectParameter, {})
    .option(
      "--workers <n>",
      "trials quantized and evaluated at once, 1 unless given; timing always runs alone",
      positiveInteger,
      1,
    )
    .option("--quick", "fewer timing samples; the report says so", false)
    .option("--fresh", "measure again what the ledger already holds", false)
    .option("--resume", "take over finished trials of earlier runs (the default)", true)
    .option("-o, --output <notebook>", "of a notebook: write it there with its outputs, after every cell")
    .option("--out <dir>", "where results are written (default: .nibble/results under the project root)")
    .addHelpText("after", exitCodes)
    .action((file: string, flags: RunFlags) => outcome(runCommand(file, flags, shell(flags))));

  shared(
    program
      .command("check")
      .argument("<file>", ".nib program or .ipynb notebook")
      .summary("check a program and run nothing"),
  )
    .option("-p, --param <name=value>", "override a param; may be given several times", collectParameter, {})
    .action((file: string, flags: SharedOptions) => outcome(checkCommand(file, flags, shell(flags))));

  shared(program.command("explain").argument("<file>", ".nib program").summary("what would run, what not, and why"))
    .option("-p, --param <name=value>", "override a param; may be given several times", collectParameter, {})
    .action((file: string, flags: SharedOptions) => outcome(explainCommand(file, flags, shell(flags))));

  shared(
    program
      .command("diagnose")
      .argument("<file>", ".nib program")
      .argument("[experiment.scheme]", "what to diagnose: an experiment, or one of its schemes")
      .summary("why accuracy moved: weights or activations, which layer, how much calibration"),
  )
    .option("-p, --param <name=value>", "override a param; may be given several times", collectParameter, {})
    .option("--workers <n>", "trials quantized and evaluated at once where some have not run", positiveInteger, 1)
    .option("--quick", "fewer timing samples where trials have not run", false)
    .option("--fresh", "diagnose again what the ledger already holds; finished trials are taken over", false)
    .option("--out <dir>", "where results are (default: .nibble/results under the project root)")
    .addHelpText(
      "after",
      "\nWithout a second argument: what the file's diagnose statements say, else every quantized trial. Trials that have\nnot run are run first.",
    )
    .action((file: string, what: string | undefined, flags: RunFlags) =>
      outcome(diagnoseCommand(file, what, flags, shell(flags))),
    );

  shared(
    program
      .command("export")
      .argument("[file]", ".nib program")
      .summary("write a trial for where it will run: ONNX, TF.js's files, a manifest, a model card"),
  )
    .option("--trial <selector>", 'which: "sweep.best(speedup)", "sweep.static" or a label of the table')
    .option("--to <dir>", "the folder that is written")
    .option("--format <names>", "forms with commas between them: onnx,onnx_qdq,onnx_fp16,tfjs,tfjs_uint8,...")
    .option("--force", "write beside files that no export has written", false)
    .option("--licence <name>", "licence of the model, for its card")
    .option("--source <text>", "where the model comes from, for its card")
    .addOption(new Option("--verify <dir>", "hold an export against its manifest; nothing is run").conflicts("trial"))
    .option("-p, --param <name=value>", "override a param; may be given several times", collectParameter, {})
    .option("--workers <n>", "trials quantized and evaluated at once where some have not run", positiveInteger, 1)
    .option("--quick", "fewer timing samples where trials have not run", false)
    .option("--out <dir>", "where results are (default: .nibble/results under the project root)")
    .addHelpText(
      "after",
      "\nWithout --trial: what the file's export statements say. Trials that have not run are run first.",
    )
    .action((file: string | undefined, flags: ExportFlags & { readonly verify?: string }, command: Command) => {
      if (flags.verify !== undefined) return outcome(verifyCommand(flags.verify, shell(flags)));
      if (file === undefined) command.error("error: missing required argument 'file'");
      if (flags.trial !== undefined && flags.to === undefined) command.error("error: --trial needs --to <dir>");
      return outcome(exportCommand(file, { ...flags, fresh: false }, shell(flags)));
    });

  addFormatCommand(program, shell, outcome);

  program
    .command("report")
    .argument("[experiment]", "name of an experiment with results, or the path of its folder or ledger")
    .summary("table and page of an earlier run again; without a name, what has results")
    .option("--out <file>", "where the page (or what --markdown and --json give) is written")
    .addOption(new Option("--markdown", "Markdown for a pull request").default(false).conflicts("json"))
    .option("--json", "one JSON object a line", false)
    .option("--svg <dir>", "write every figure there as an SVG file")
    .option("--trial <label>", "all that is known of one trial; nothing is written")
    .option("--all", "all trials of the ledger, those of earlier plans too", false)
    .option("--quiet", "no table", false)
    .action((where: string | undefined, flags: ReportFlags) => outcome(reportCommand(where, flags, shell(flags))));

  program
    .command("doctor")
    .summary("what this machine has, what is missing, what that costs, and what mends it")
    .option("--json", "one JSON object a line", false)
    .action((flags: { json: boolean }) => outcome(doctorCommand(flags, shell({ ...flags, quiet: false }))));

  addKernelCommands(program, shell, outcome);

  try {
    await program.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.wrongProgram;
    // Node's own exit code for what nobody caught is 1, which says that an expectation failed.
    const asJson = argv.includes("--json");
    shell({ json: asJson, quiet: false }).report(diagnosticsOf(error, argv[0] ?? "the command line"), new Map());
    return EXIT.trial;
  }
}

const exitCodes = `
Exit codes: 0 all is well, 1 an expectation failed, 2 the program is wrong and nothing ran, 3 a trial failed or
results could not be written, 130 interrupted. Finished trials are kept whatever happens.`;

function shared(command: Command): Command {
  return command
    .option("--json", "one JSON object a line on standard output", false)
    .option("--quiet", "no progress, no table", false)
    .option("--allow <dir>", "also let the program read files under this folder", collectFolder, []);
}

function collectFolder(value: string, earlier: readonly string[]): readonly string[] {
  if (!statSync(value, { throwIfNoEntry: false })?.isDirectory()) {
    throw new InvalidArgumentError("there is no such folder.");
  }
  return [...earlier, value];
}

function collectParameter(value: string, earlier: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const [name, ...rest] = value.split("=");
  if (!name || rest.length === 0) throw new InvalidArgumentError('write it as name=value, for example "samples=64".');
  return { ...earlier, [name]: rest.join("=") };
}

function positiveInteger(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > 256) {
    throw new InvalidArgumentError("a whole number from 1 to 256 is expected.");
  }
  return number;
}
