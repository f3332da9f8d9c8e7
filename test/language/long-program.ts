/** A legal program of about `lines` lines, of everything that a program can hold in the mix of a real one. */
export function longProgram(lines: number): string {
  const text = [
    `model cnn = tfjs("models/cnn/model.json")`,
    `data digits = csv("digits.csv") { label: digit, shape: [8, 8, 1], scale: 1/16, split: train 80% test 20% seed 7 }`,
  ];
  for (let i = 0; text.length < lines; i++) {
    text.push(
      ``,
      `// Experiment ${i}: every kind of clause.`,
      `param samples_${i} = ${16 + i}`,
      `scheme blocks_${i} = weight_only { weights: int8 | int4, group: 32 | 64 | 128 }`,
      ``,
      `experiment sweep_${i} {`,
      `  model     cnn`,
      `  data      digits`,
      `  baseline  fp32`,
      `  try       dynamic { weights: int8 per_channel }`,
      `  try       static  { weights: int8 per_channel, activations: uint8,`,
      `                      calibration: minmax | percentile(99.9) | entropy | mse, samples: samples_${i} }`,
      `  try       blocks_${i}`,
      `  keep      layers "dense_2" at fp32`,
      `  where     not (weights = int4 and group = 32)`,
      `  measure   accuracy, latency { batch: 1 | 32 }, size, memory`,
      `  expect    static.accuracy_drop < 1%, static.speedup >= 2x, static.size_reduction >= 70%`,
      `  show      table, pareto(speedup, accuracy), layers(sqnr)`,
      `}`,
    );
  }
  return `${text.join("\n")}\n`;
}
