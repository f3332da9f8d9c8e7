import { OperatorError } from "./operator.js";

/** An equation of Einsum: one letter for each axis of each operand and of the output. */
export interface EinsumEquation {
  readonly operands: readonly (readonly string[])[];
  readonly output: readonly string[];
}

/** The letter of the i-th axis under an ellipsis, counted from the last; no letter of an equation looks like it. */
const ellipsisAxis = (fromLast: number): string => `.${fromLast}`;

/**
 * Reads "bij,bjk->bik" for operands of these ranks. Spaces are skipped; without "->" the output has the letters that
 * occur once, sorted. "..." stands for the axes that the letters leave over, the same from the right in every operand.
 * @throws {OperatorError} when the letters do not fit the ranks, or the output names a letter twice or an unknown one
 * @see https://onnx.ai/onnx/operators/onnx__Einsum.html, after numpy.einsum
 */
export function parseEquation(equation: string, ranks: readonly number[]): EinsumEquation {
  const [left = "", right, ...more] = equation.replace(/\s/g, "").split("->");
  const refuse = (why: string) => new OperatorError(`equation "${equation}": ${why}`);
  if (more.length > 0) throw refuse("it has two arrows");
  const terms = left.split(",");
  if (terms.length !== ranks.length) throw refuse(`it names ${terms.length} operands where there are ${ranks.length}`);
  const operands = terms.map((term, i) => {
    const rank = ranks[i] ?? 0;
    const axes = lettersOf(term, (letters) => rank - letters);
    if (!axes) throw refuse(`"${term}" is not letters with at most one "..."`);
    if (axes.length !== rank) throw refuse(`"${term}" does not name the ${rank} axes of operand ${i}`);
    return axes;
  });
  const under = Math.max(0, ...operands.map((axes) => axes.filter((axis) => axis.startsWith(".")).length));
  const output = right === undefined ? implied(operands, under) : lettersOf(right, () => under);
  if (!output) throw refuse(`"${right}" is not letters with at most one "..."`);
  const known = new Set(operands.flat());
  for (const axis of output) if (!known.has(axis)) throw refuse(`"${axis}" of the output is in no operand`);
  if (new Set(output).size !== output.length) throw refuse("the output names an axis twice");
  return { operands, output };
}

/** The axes of a term; `under` says how many stand under an ellipsis beside so many letters. */
function lettersOf(term: string, under: (letters: number) => number): string[] | undefined {
  if (!/^[A-Za-z]*(\.\.\.)?[A-Za-z]*$/.test(term)) return undefined;
  const [before = "", after] = term.split("...");
  if (after === undefined) return [...before];
  const count = under(before.length + after.length);
  if (count < 0) return undefined;
  const middle = Array.from({ length: count }, (_, i) => ellipsisAxis(count - 1 - i));
  return [...before, ...middle, ...after];
}

function implied(operands: readonly (readonly string[])[], under: number): string[] {
  const letters = operands.flat().filter((axis) => !axis.startsWith("."));
  const once = letters.filter((letter) => letters.indexOf(letter) === letters.lastIndexOf(letter)).sort();
  return [...Array.from({ length: under }, (_, i) => ellipsisAxis(under - 1 - i)), ...once];
}
