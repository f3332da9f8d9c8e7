import { type Figure, percentText, ratioText } from "./figure.js";
import { strokesSweep } from "./programs.js";
import { recordsOf } from "./records.js";

/** Speed, accuracy and size on a convolutional net. */
export async function strokes(): Promise<readonly Figure[]> {
  const trials = await recordsOf(strokesSweep);
  const trial = (name: string) => {
    const found = trials.find(({ scheme }) => scheme.name === name);
    if (!found?.latency?.[0] || !found.accuracy || !found.size) throw new Error(`${name} was not measured`);
    return { speedup: found.latency[0].speedup, drop: found.accuracy.drop, size: found.size };
  };
  const [int8, weights8, weights4] = [trial("static"), trial("w8"), trial("w4")];
  const smaller = (name: string, { ratio }: { ratio: number }, bound: number): Figure => ({
    name: `strokes-cnn, ${name}: size`,
    promise: `>= ${bound * 100}% smaller`,
    measured: percentText(1 - ratio),
    met: 1 - ratio >= bound,
  });
  return [
    {
      name: "strokes-cnn, static int8, batch 1, one thread: speed",
      promise: ">= 2x best fp32",
      measured: ratioText(int8.speedup),
      met: int8.speedup.value >= 2,
    },
    {
      name: "strokes-cnn, static int8: accuracy lost",
      promise: "< 1% at the interval's bad end",
      measured: `${percentText(int8.drop.value)} [${int8.drop.ci95.map(percentText).join(", ")}]`,
      met: int8.drop.ci95[1] < 0.01,
    },
    smaller("static int8", int8.size, 0.7),
    smaller("weight_only int8", weights8.size, 0.7),
    smaller("weight_only int4", weights4.size, 0.84),
  ];
}
