/** Where a value lies in a range: 0 at its first end, 1 at its second. Halved first, so that no finite range overflows. */
export function share(value: number, [from, to]: readonly [number, number]): number {
  return (value / 2 - from / 2) / (to / 2 - from / 2);
}
