import { visible } from "../../base/visible.js";
import { explainText } from "../../session/program.js";
import { EXIT } from "../exit.js";
import { readProgram, type SharedOptions, type Shell } from "../shell.js";

/** `nibble explain FILE`: the matrix of each experiment, what is skipped and why; runs nothing. */
export async function explainCommand(file: string, flags: SharedOptions, shell: Shell): Promise<number> {
  const source = await readProgram(file);
  if ("code" in source) {
    shell.report([source], new Map());
    return EXIT.wrongProgram;
  }
  const explained = await explainText(source, { allow: flags.allow, parameters: flags.param });
  shell.report(explained.diagnostics, explained.sources);
  if (!explained.plans) return EXIT.wrongProgram;
  for (const { plan, text } of explained.plans) {
    if (shell.json) shell.print(JSON.stringify(plan));
    else if (!shell.quiet) shell.print(text.split("\n").map(visible).join("\n"));
  }
  return EXIT.ok;
}
