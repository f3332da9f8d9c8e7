import { styleText } from "node:util";
import { type Check, inspectMachine } from "../../engines/doctor.js";
import { inspectPairSums } from "../../run/pair-sums-check.js";
import { inspectPeaks } from "../../run/peaks-check.js";
import { EXIT } from "../exit.js";
import type { Shell } from "../shell.js";
import { wantsColour } from "../terminal.js";

/** `nibble doctor`: what is there, what is missing, what that costs, and the command that mends it. */
export async function doctorCommand(_flags: { readonly json: boolean }, shell: Shell): Promise<number> {
  const checks = [...(await inspectMachine()), await inspectPairSums(), await inspectPeaks()];
  for (const check of checks) shell.print(shell.json ? JSON.stringify(check) : checkLine(check, shell));
  return checks.some(({ status }) => status === "missing") ? EXIT.trial : EXIT.ok;
}

const marks = { ok: ["✓", "green"], degraded: ["!", "yellow"], missing: ["✗", "red"] } as const;

/** One check for people: a mark, what was found, what it costs and what mends it. */
export function checkLine({ name, status, detail, cost, mend }: Check, { terminal }: Shell): string {
  const [mark, style] = marks[status];
  const head = wantsColour(terminal) ? styleText(style, mark) : mark;
  const rest = [cost && `    costs: ${cost}`, mend && `    mend:  ${mend}`].filter(Boolean);
  return [`${head} ${name.padEnd(22)} ${detail}`, ...rest].join("\n");
}
