import type { Random } from "../../base/random.js";
import type { Stroke } from "./skeletons.js";

/** Points of a polyline: x, y, x, y, ... */
export type Polyline = readonly number[];

/** Steps into which each piece between two points is cut, so that bending it looks round. */
const steps = 6;

/**
 * A stroke as a fine polyline on the skeleton's grid, each of its points moved by a normal deviate of `wobble` units:
 * Catmull-Rom splines (Catmull and Rom 1974) for smooth strokes, straight pieces for the others.
 */
export function tracePath({ smooth, points }: Stroke, wobble: number, random: Random): Polyline {
  const moved = points.map((value) => value + wobble * random.normal());
  const count = moved.length / 2;
  const x = (i: number) => moved[2 * Math.min(Math.max(i, 0), count - 1)] as number;
  const y = (i: number) => moved[2 * Math.min(Math.max(i, 0), count - 1) + 1] as number;
  const traced = [x(0), y(0)];
  for (let i = 0; i + 1 < count; i++) {
    for (let step = 1; step <= steps; step++) {
      const t = step / steps;
      traced.push(between(x, i, t, smooth), between(y, i, t, smooth));
    }
  }
  return traced;
}

/** Value at `t` in 0..1 between point i and i + 1. */
function between(at: (i: number) => number, i: number, t: number, smooth: boolean): number {
  const [a, b] = [at(i), at(i + 1)];
  if (!smooth) return a + (b - a) * t;
  const before = (b - at(i - 1)) / 2;
  const after = (at(i + 2) - a) / 2;
  const [t2, t3] = [t * t, t * t * t];
  return (2 * t3 - 3 * t2 + 1) * a + (t3 - 2 * t2 + t) * before + (3 * t2 - 2 * t3) * b + (t3 - t2) * after;
}

/** Moves a point: grid units in, pixels out. */
export type Warp = (x: number, y: number) => readonly [x: number, y: number];

/** Uniform in [low, high). */
export const within = (random: Random, low: number, high: number) => low + (high - low) * random.next();

/**
 * A writer's hand for one sample: two waves bend the plane (elastic jitter), then slant, turn, size and place.
 * The grid's middle (5, 7) lands near the middle of the image.
 */
export function randomWarp(size: number, random: Random): Warp {
  const waves = [wave(random), wave(random)];
  const turn = 0.13 * random.normal();
  const slant = 0.18 * random.normal();
  const unit = size / 17;
  const [wide, tall] = [unit * within(random, 0.8, 1.25), unit * within(random, 0.85, 1.12)];
  const [left, top] = [size / 2 + 1.3 * random.normal(), size / 2 + 1.1 * random.normal()];
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  return (x, y) => {
    let [u, v] = [x - 5, y - 7];
    for (const bend of waves) {
      const [du, dv] = bend(u, v);
      u += du;
      v += dv;
    }
    const p = (u - slant * v) * wide;
    const q = v * tall;
    return [left + cos * p - sin * q, top + sin * p + cos * q];
  };
}

function wave(random: Random): Warp {
  const direction = within(random, 0, 2 * Math.PI);
  const [fx, fy] = [Math.cos(direction), Math.sin(direction)];
  const cycles = within(random, 0.25, 0.7);
  const phase = within(random, 0, 2 * Math.PI);
  const [ax, ay] = [0.32 * random.normal(), 0.32 * random.normal()];
  return (u, v) => {
    const swing = Math.sin(cycles * (fx * u + fy * v) + phase);
    return [ax * swing, ay * swing];
  };
}
