import { fail } from "../../base/diagnostic.js";
import { hashJson } from "../../base/hash.js";
import type { OptionSpec } from "../../base/option.js";
import { type Random, seededRandom } from "../../base/random.js";
import { elementCount } from "../../tensor/tensor.js";
import { assemble, type SampleInput, type Samples, sizesOf } from "../assemble.js";
import { keyOfIndex, sampleSeed } from "../keys.js";
import { offset, scale, shape, split } from "../options.js";
import type { DataReader } from "../reader.js";
import { type DataSettings, settingsOf } from "../settings.js";

const more = (n: number): OptionSpec => ({
  ...shape,
  name: `shape_${n}`,
  summary: `shape of the model's input number ${n}`,
});

const options: readonly OptionSpec[] = [
  { ...shape, required: true },
  more(2),
  more(3),
  more(4),
  {
    name: "count",
    type: { kind: "integer", min: 2, max: 10_000_000 },
    summary: "number of samples; default 256",
    sweeps: false,
  },
  {
    name: "seed",
    type: { kind: "integer" },
    summary: "sample i depends on seed and i alone; default 1",
    sweeps: false,
  },
  {
    name: "distribution",
    type: {
      kind: "choice",
      choices: [
        { name: "uniform", summary: "real values in [low, high) (default)" },
        { name: "normal", summary: "mean 0, standard deviation 1; low and high do not apply" },
        { name: "integer", summary: "whole numbers low..high, both included, e.g. for an Embedding" },
      ],
    },
    summary: "how values are drawn",
    sweeps: false,
  },
  { name: "low", type: { kind: "number" }, summary: "smallest value; default 0", sweeps: false },
  { name: "high", type: { kind: "number" }, summary: "end of the values; default 1", sweeps: false },
  scale,
  offset,
  split,
];

/** Changes when the same settings would draw other values. */
const version = 1;

export const random: DataReader = {
  name: "random",
  summary: "random values without labels; accuracy is then how far outputs are from fp32's",
  source: "none",
  options,
  async summarize(ref) {
    const settings = settingsOf(ref, options);
    const { size, inputs } = randomSamples(settings);
    return {
      ...sizesOf(size, settings),
      inputShapes: inputs.map((input) => input.shape),
      labels: { kind: "none" },
      version,
    };
  },
  async open(ref) {
    const settings = settingsOf(ref, options);
    return assemble(ref, settings, randomSamples(settings));
  },
};

function randomSamples(settings: DataSettings): Samples {
  const size = settings.number("count") ?? 256;
  const seed = settings.number("seed") ?? 1;
  const draw = drawer(settings);
  const shapes = ["shape", "shape_2", "shape_3", "shape_4"].flatMap((name) => {
    const given = settings.shape(name);
    return given ? [given] : [];
  });
  return {
    size,
    inputs: shapes.map((each, n) => randomInput(each, sampleSeed(seed, -1 - n), draw)),
    keys: Float64Array.from({ length: size }, (_, i) => keyOfIndex(i)),
    place: (sample) => ({ file: "random", sample }),
    // Everything that decides the values is a setting.
    hash: () => hashJson({ made: "random", version }),
  };
}

function randomInput(sizes: readonly number[], seed: number, draw: (random: Random) => number): SampleInput {
  const width = elementCount(sizes);
  return {
    shape: sizes,
    fill(index, out, at) {
      const stream = seededRandom(sampleSeed(seed, index));
      for (let i = at; i < at + width; i++) out[i] = draw(stream);
    },
  };
}

function drawer(settings: DataSettings): (random: Random) => number {
  const low = settings.number("low") ?? 0;
  const high = settings.number("high") ?? 1;
  if (high < low) {
    fail("data-option-invalid", { option: "high", expected: `a number of at least low, ${low}`, given: String(high) });
  }
  const distribution = settings.choice("distribution") ?? "uniform";
  if (distribution === "normal") return (stream) => stream.normal();
  if (distribution === "uniform") return (stream) => low + (high - low) * stream.next();
  if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high)) {
    const given = `${low} and ${high}`;
    fail("data-option-invalid", { option: "distribution", expected: "whole low and high for integer", given });
  }
  return (stream) => stream.integer(low, high);
}
