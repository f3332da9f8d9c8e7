import { type RunTextOptions, runText } from "./program.js";
import { ProgramError } from "./program-error.js";
import type { Result } from "./result.js";

/**
 * Runs a program written in place and gives the result of its last experiment:
 *
 * ```ts
 * const result = await nibble`
 *   model net = tfjs(${model})
 *   data digits = csv("digits.csv") { label: digit, shape: [8, 8, 1] }
 *   experiment first { model net; data digits; try dynamic { weights: int8 per_channel } }
 * `;
 * ```
 * A `${value}` is a `tf.LayersModel`, a path or a number; it becomes a `$name` of the program, never program text.
 * Relative paths start at the current folder.
 * @throws {ProgramError} when the program has mistakes, or has no experiment
 */
export async function nibble(strings: TemplateStringsArray, ...values: readonly unknown[]): Promise<Result> {
  return runProgram(templateText(strings), { values: templateValues(values) });
}

/** The text of a template, each `${value}` replaced by a `$name`. */
export function templateText(strings: readonly string[]): string {
  return strings.reduce((text, part, i) => (i === 0 ? part : `${text}$${valueName(i - 1)}${part}`), "");
}

function templateValues(values: readonly unknown[]): ReadonlyMap<string, unknown> {
  return new Map(values.map((value, i) => [valueName(i), value]));
}

function valueName(index: number): string {
  return `value_${index + 1}`;
}

/**
 * Runs a program's text and gives the result of its last experiment.
 * @throws {ProgramError} when the program has mistakes, or has no experiment
 */
export async function runProgram(text: string, options: RunTextOptions = {}): Promise<Result> {
  const { diagnostics, sources, results, ran } = await runText({ path: "<program>", text }, options);
  const last = results.at(-1);
  if (!ran || !last) throw new ProgramError(diagnostics, sources);
  return last;
}
