/**
 * Where a value lies in a range: 0 at its first end, 1 at its second. Halved first, so that no finite range overflows;
 * the middle of a range without width.
 */
export function share(value: number, [from, to]: readonly [number, number]): number {
  const width = to / 2 - from / 2;
  return width === 0 ? 0.5 : (value / 2 - from / 2) / width;
}
