/**
 * Draws a capsule (a line with round ends) into a square image, anti-aliased: a pixel's ink is how far its centre lies
 * inside the outline, clamped to 0..1, which is the covered area of a straight edge to within a few percent. Ink
 * never adds up: the darker of old and new stays.
 * @param image `size * size` values, row by row, from position `at`
 * @param ink darkness of the line, 0..1
 */
export function drawSegment(
  image: Float32Array,
  at: number,
  size: number,
  segment: readonly [x0: number, y0: number, x1: number, y1: number],
  radius: number,
  ink: number,
): void {
  const [x0, y0, x1, y1] = segment;
  const reach = radius + 1;
  const [left, right] = span(x0, x1, reach, size);
  const [top, bottom] = span(y0, y1, reach, size);
  const [dx, dy] = [x1 - x0, y1 - y0];
  const length = dx * dx + dy * dy || 1;
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) {
      const px = column + 0.5 - x0;
      const py = row + 0.5 - y0;
      const t = Math.min(1, Math.max(0, (px * dx + py * dy) / length));
      const ex = px - t * dx;
      const ey = py - t * dy;
      const cover = Math.min(1, radius + 0.5 - Math.sqrt(ex * ex + ey * ey)) * ink;
      const pixel = at + row * size + column;
      if (cover > (image[pixel] as number)) image[pixel] = cover;
    }
  }
}

/** First and last pixel that a line from `a` to `b` can touch; empty when it lies outside. */
function span(a: number, b: number, reach: number, size: number): readonly [number, number] {
  return [Math.max(0, Math.floor(Math.min(a, b) - reach)), Math.min(size - 1, Math.ceil(Math.max(a, b) + reach))];
}
