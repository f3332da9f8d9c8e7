/** The program in a cell: a first line that names the language is blanked, so that every offset stays what it is. */
export function nibbleText(code: string): string {
  return code.replace(/^[ \t]*%%nibble[^\n\r]*/, (line) => " ".repeat(line.length));
}
