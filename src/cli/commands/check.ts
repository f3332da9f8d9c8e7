import { checkText } from "../../session/program.js";
import { EXIT } from "../exit.js";
import { isNotebook, readProgram, type SharedOptions, type Shell } from "../shell.js";

/** `nibble check FILE`: every mistake of the program, with its place; runs nothing. */
export async function checkCommand(file: string, flags: SharedOptions, shell: Shell): Promise<number> {
  if (isNotebook(file)) return (await import("./notebook-check.js")).checkNotebookCommand(file, flags, shell);
  const source = await readProgram(file);
  if ("code" in source) {
    shell.report([source], new Map());
    return EXIT.wrongProgram;
  }
  const { diagnostics, sources, program } = await checkText(source, { allow: flags.allow, parameters: flags.param });
  shell.report(diagnostics, sources);
  const errors = diagnostics.filter(({ severity }) => severity === "error").length;
  if (!shell.quiet && !shell.json) {
    const experiments = program?.experiments.length ?? 0;
    shell.print(
      errors > 0
        ? `${file}: ${errors} mistake${errors === 1 ? "" : "s"}`
        : `${file}: no mistakes; ${experiments} experiment${experiments === 1 ? "" : "s"}`,
    );
  }
  return errors > 0 ? EXIT.wrongProgram : EXIT.ok;
}
