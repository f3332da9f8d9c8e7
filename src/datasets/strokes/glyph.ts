import { type Random, seededRandom } from "../../base/random.js";
import { sampleSeed } from "../keys.js";
import { type Polyline, randomWarp, tracePath, type Warp, within } from "./path.js";
import { drawSegment } from "./raster.js";
import { letters, type Skeleton, skeletons } from "./skeletons.js";

/** Width and height of a glyph in pixels. */
export const glyphSize = 32;

/** Changes when any glyph does; part of the data's hash. */
export const glyphVersion = 1;

/** Letters take turns, so that every run of 26 samples has each once. */
export const glyphClass = (index: number) => index % letters.length;

/**
 * Draws sample `index` at `out[at .. at + 1024)`: multiples of 1/255 in 0..1, ink is 1. Depends on `seed` and `index`
 * alone.
 */
export function drawGlyph(seed: number, index: number, out: Float32Array, at: number): void {
  const random = seededRandom(sampleSeed(seed, index));
  const skeleton = skeletons[letters[glyphClass(index)] as string] as Skeleton;
  const strokes = skeleton[random.integer(0, skeleton.length - 1)] as Skeleton[number];
  const warp = randomWarp(glyphSize, random);
  const radius = within(random, 0.65, 1.75);
  const ink = within(random, 0.55, 1);
  out.fill(0, at, at + glyphSize ** 2);
  for (const stroke of strokes) drawPath(tracePath(stroke, 0.3, random), warp, radius, ink, random, out, at);
  if (random.next() < 0.3) strayLine(random, radius, ink, out, at);
  if (random.next() < 0.45) occlude(random, out, at);
  addNoise(within(random, 0, 0.16), random, out, at);
}

/** The pen presses harder and softer along its way. */
function drawPath(
  path: Polyline,
  warp: Warp,
  radius: number,
  ink: number,
  random: Random,
  out: Float32Array,
  at: number,
): void {
  const [phase, swing] = [within(random, 0, 2 * Math.PI), within(random, 0, 0.25)];
  let [x, y] = warp(path[0] as number, path[1] as number);
  for (let i = 2; i < path.length; i += 2) {
    const [nextX, nextY] = warp(path[i] as number, path[i + 1] as number);
    const pressed = radius * (1 + swing * Math.sin(phase + i * 0.12));
    drawSegment(out, at, glyphSize, [x, y, nextX, nextY], pressed, ink);
    [x, y] = [nextX, nextY];
  }
}

/** A line that belongs to no letter. */
function strayLine(random: Random, radius: number, ink: number, out: Float32Array, at: number): void {
  const [x, y, angle] = [within(random, 0, glyphSize), within(random, 0, glyphSize), within(random, 0, 2 * Math.PI)];
  const length = within(random, 4, 12);
  const end = [x + length * Math.cos(angle), y + length * Math.sin(angle)] as const;
  drawSegment(out, at, glyphSize, [x, y, ...end], radius * 0.8, ink * 0.8);
}

/** A blank patch, as if something lay on the paper. */
function occlude(random: Random, out: Float32Array, at: number): void {
  const [wide, tall] = [random.integer(3, 8), random.integer(3, 8)];
  const [left, top] = [random.integer(4, glyphSize - 4 - wide), random.integer(4, glyphSize - 4 - tall)];
  for (let row = top; row < top + tall; row++) {
    out.fill(0, at + row * glyphSize + left, at + row * glyphSize + left + wide);
  }
}

/** Nearly normal noise of deviation `sigma` (four bytes add up, Irwin and Hall 1927), then 256 levels as of a scanner. */
function addNoise(sigma: number, random: Random, out: Float32Array, at: number): void {
  // Marsaglia 2003: any state but 0. A word a pixel, far cheaper than a normal deviate.
  let word = random.integer(1, 0x7fffffff);
  const factor = sigma / bytesDeviation;
  for (let i = at; i < at + glyphSize ** 2; i++) {
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
    const bytes = (word & 255) + ((word >>> 8) & 255) + ((word >>> 16) & 255) + (word >>> 24);
    const value = (out[i] as number) + factor * (bytes - 510);
    out[i] = Math.round(255 * Math.min(1, Math.max(0, value))) / 255;
  }
}

/** Standard deviation of the sum of four uniform bytes. */
const bytesDeviation = Math.sqrt((4 * (256 ** 2 - 1)) / 12);
