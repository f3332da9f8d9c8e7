import { hashJson } from "../../base/hash.js";
import type { OptionSpec } from "../../base/option.js";
import { assemble, classLabels, type Samples, sizesOf } from "../assemble.js";
import { keyOfIndex } from "../keys.js";
import { shape, valueOptions } from "../options.js";
import type { DataReader } from "../reader.js";
import { type DataSettings, settingsOf } from "../settings.js";
import { drawGlyph, glyphClass, glyphSize, glyphVersion } from "../strokes/glyph.js";
import { letters } from "../strokes/skeletons.js";
import { sampleShape } from "../table.js";

const options: readonly OptionSpec[] = [
  {
    name: "count",
    type: { kind: "integer", min: 2, max: 10_000_000 },
    summary: "number of samples; default 20000",
    sweeps: false,
  },
  {
    name: "seed",
    type: { kind: "integer" },
    summary: "sample i depends on seed and i alone; default 1",
    sweeps: false,
  },
  { ...shape, summary: "shape of one sample, 1024 values; default [32, 32, 1]" },
  ...valueOptions,
];

export const strokes: DataReader = {
  name: "strokes",
  summary: "handwriting-like letters a..z of 32x32 pixels, made from a seed; values 0..1, ink is 1",
  source: "none",
  options,
  async summarize(ref) {
    const settings = settingsOf(ref, options);
    const { size, inputs } = madeSamples(settings);
    const inputShapes = inputs.map((input) => input.shape);
    return { ...sizesOf(size, settings), inputShapes, labels: classLabels(settings), version: glyphVersion };
  },
  async open(ref) {
    const settings = settingsOf(ref, options);
    return assemble(ref, settings, madeSamples(settings));
  },
};

function madeSamples(settings: DataSettings): Samples {
  const size = settings.number("count") ?? 20_000;
  const seed = settings.number("seed") ?? 1;
  const indices = Array.from({ length: size }, (_, i) => i);
  const samples = { made: "strokes", version: glyphVersion, size, seed };
  return {
    size,
    inputs: [
      {
        shape: sampleShape(glyphSize ** 2, [glyphSize, glyphSize, 1], "strokes", settings, "glyph"),
        fill: (index, out, at) => drawGlyph(seed, index, out, at),
      },
    ],
    labels: { kind: "class", values: indices.map((i) => letters[glyphClass(i)] as string) },
    keys: Float64Array.from(indices, keyOfIndex),
    place: (sample) => ({ file: "strokes", sample }),
    hash: () => hashJson(samples),
  };
}
