/**
 * Text that was not written by us, fit for a terminal: control characters appear as pictures (ESC as ␛), line ends and
 * tabs as spaces, characters that are invisible or turn the direction of the text as �. Nothing in it can move the
 * cursor, change a title or make a line read as another. Every character keeps its place: as many go out as came in.
 */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code === 9 || code === 10 || code === 13 || code === 0x2028 || code === 0x2029) return " ";
    if (code < 32) return String.fromCodePoint(0x2400 + code);
    return code === 127 ? "\u2421" : "\uFFFD";
  });
}
