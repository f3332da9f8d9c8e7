/** Programs that the benchmarks run. Paths are relative to `notebooks/`. */

const strokes = `
model strokes_cnn = tfjs("../datasets/models/strokes-cnn/model.json")
data  strokes     = strokes { split: train 80% test 20% seed 7 }
`;

/** The speed, accuracy and size promises on a convolutional net. */
export const strokesSweep = `${strokes}
scheme w8 = weight_only { weights: int8, group: 32 }
scheme w4 = weight_only { weights: int4, group: 32 }
experiment strokes_sweep {
  model strokes_cnn
  data strokes
  baseline fp32
  try static { weights: int8 per_channel, activations: uint8, calibration: minmax, samples: 256 }
  try w8
  try w4
  measure accuracy, latency { batch: 1 }, size
}
`;

/** Static int8 at so many settings, nothing timed: what calibration and the fp32 evaluation cost when they are shared. */
export function manyTrials(settings: number): string {
  const percentiles = Array.from({ length: settings }, (_, i) => `percentile(${(99 + i / 16).toFixed(4)})`);
  return `${strokes}
experiment many {
  model strokes_cnn
  data strokes
  baseline fp32
  try static { weights: int8 per_channel, activations: uint8, calibration: ${percentiles.join(" | ")}, samples: 256 }
  measure accuracy, size
}
`;
}

/** A long program of the kind that people grow: many schemes, many experiments. */
export function thousandLines(): string {
  const lines = [
    'model digits_cnn = tfjs("../datasets/models/digits-cnn/model.json")',
    'data digits = csv("../datasets/digits/digits.csv") { label: digit, shape: [8, 8, 1], scale: 1/16 }',
    "param samples = 256",
  ];
  for (let i = 0; lines.length + 11 <= 1000; i++) {
    lines.push(
      `scheme s${i} = static {`,
      "  weights: int8 per_channel, activations: uint8,",
      `  calibration: minmax | percentile(${90 + (i % 10)}), samples: samples`,
      "}",
      `experiment e${i} {`,
      "  model digits_cnn // the same model each time",
      "  data digits",
      `  try s${i}`,
      '  keep layers "dense_*" at fp32',
      "  measure accuracy, latency { batch: 1 | 32 }, size",
      "}",
    );
  }
  return `${lines.join("\n")}\n`;
}
