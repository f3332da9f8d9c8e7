/** One stroke of a letter: points joined by a smooth curve or by straight lines. */
export interface Stroke {
  readonly smooth: boolean;
  /** x, y, x, y, ... on a grid 10 wide: ascender 0, x-height 4, baseline 10, descender 14, y downwards. */
  readonly points: readonly number[];
}

/** Ways to write one letter; each has the strokes in writing order. */
export type Skeleton = readonly (readonly Stroke[])[];

const curve = (...points: readonly number[]): Stroke => ({ smooth: true, points });
const line = (...points: readonly number[]): Stroke => ({ smooth: false, points });
const dot = (x: number): Stroke => line(x, 1.3, x + 0.1, 1.7);

const leftBowl = curve(8, 6, 5.5, 4, 2.5, 5.5, 2, 8, 4, 10, 8, 8.5);
const rightBowl = curve(2.5, 6, 5, 4, 7.8, 5.5, 8, 8, 6, 10, 2.5, 9);

/** The letters a..z, drawn for this project. */
export const skeletons: Readonly<Record<string, Skeleton>> = {
  a: [
    [curve(8, 5, 5.5, 4, 2.5, 5.5, 2, 7.5, 3.5, 10, 6, 9.5, 8, 7), line(8, 4, 8, 9, 9, 10)],
    [curve(2.5, 5, 5, 4, 7.5, 5, 8, 7, 8, 10), curve(8, 7, 5, 6.8, 2.5, 8, 3, 9.8, 5.5, 10, 8, 8.5)],
  ],
  b: [[line(2.5, 0, 2.5, 10), rightBowl]],
  c: [[curve(8, 5, 5.5, 4, 2.8, 5.2, 2, 7, 2.8, 9, 5.5, 10, 8, 9)]],
  d: [[leftBowl, line(8, 0, 8, 10)]],
  e: [[curve(2.2, 7, 5, 7, 8, 6.8, 7, 4.5, 5, 4, 2.5, 5.2, 2, 7.5, 3.5, 9.7, 6, 10, 8, 9)]],
  f: [[curve(8, 1, 6.5, 0, 5, 1.5, 4.8, 5, 4.8, 10), line(2.5, 4.5, 7.5, 4.3)]],
  g: [[curve(8, 5, 5.5, 4, 2.5, 5.5, 2.3, 8, 4.5, 9.5, 8, 7.5), curve(8, 4, 8, 9, 7.8, 12, 5.5, 14, 2.5, 13)]],
  h: [[line(2.5, 0, 2.5, 10), curve(2.5, 6.5, 4.5, 4.3, 7, 4.5, 7.8, 6.5, 7.8, 10)]],
  i: [
    [line(5, 4, 5, 10), dot(5)],
    [curve(5, 4, 5, 8, 5.5, 9.8, 7, 9.8), dot(5)],
  ],
  j: [[curve(6, 4, 6, 9, 5.8, 12.5, 4, 14, 2, 13), dot(6)]],
  k: [[line(2.5, 0, 2.5, 10), line(7.5, 4, 2.7, 7.5), line(4, 6.6, 8, 10)]],
  l: [[line(5, 0, 5, 10)], [curve(5, 0, 4.8, 5, 5, 9, 6, 10, 7.5, 9.5)]],
  m: [
    [
      line(1, 4, 1, 10),
      curve(1, 6, 2.5, 4.2, 4.2, 4.5, 5, 6.5, 5, 10),
      curve(5, 6.5, 6.3, 4.3, 8.2, 4.5, 9, 6.5, 9, 10),
    ],
  ],
  n: [[line(2.5, 4, 2.5, 10), curve(2.5, 6.3, 4.5, 4.2, 7, 4.5, 7.8, 6.5, 7.8, 10)]],
  o: [[curve(5, 4, 2.5, 5.2, 2, 7.2, 3, 9.4, 5, 10, 7.5, 9.2, 8, 7, 7, 4.7, 5, 4)]],
  p: [[line(2.5, 4, 2.5, 14), rightBowl]],
  q: [
    [leftBowl, line(8, 4, 8, 14)],
    [leftBowl, line(8, 4, 8, 13.5, 9.7, 12.5)],
  ],
  r: [[line(3, 4, 3, 10), curve(3, 6.8, 4.5, 4.5, 6.5, 4, 8, 4.8)]],
  s: [[curve(8, 5, 5.5, 4, 3, 5, 3.2, 6.4, 5.5, 7, 7.6, 8, 7, 9.6, 4.5, 10, 2, 9.2)]],
  t: [[curve(5, 1, 5, 5, 5, 8.5, 6.3, 10, 8, 9.5), line(2.5, 4, 8, 3.8)]],
  u: [[curve(2.3, 4, 2.3, 7.5, 3.3, 9.7, 5.5, 9.8, 7.8, 7.5), line(7.8, 4, 7.8, 10)]],
  v: [[line(2, 4, 5, 10, 8, 4)]],
  w: [[line(1, 4, 3, 10, 5, 5, 7, 10, 9, 4)]],
  x: [[line(2, 4, 8, 10), line(8, 4, 2, 10)]],
  y: [
    [line(2, 4, 5.2, 9.5), line(8.3, 4, 5.2, 9.5, 3, 14)],
    [curve(2.3, 4, 2.5, 7.5, 4.5, 9, 7.8, 7), curve(8, 4, 8, 10, 7, 13.5, 4.5, 14, 2.5, 13)],
  ],
  z: [[line(2.2, 4, 8, 4, 2, 10, 8.2, 10)], [line(2.2, 4, 8, 4, 2, 10, 8.2, 10), line(3.3, 7, 7, 7)]],
};

export const letters: readonly string[] = Object.keys(skeletons);
