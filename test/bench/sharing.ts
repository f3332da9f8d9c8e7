import type { Figure } from "./figure.js";
import { manyTrials } from "./programs.js";
import { recordsOf } from "./records.js";

/** What twelve settings cost when calibration and the fp32 evaluation are shared. */
export async function sharing(): Promise<readonly Figure[]> {
  const time = async (settings: number) => {
    const start = performance.now();
    await recordsOf(manyTrials(settings));
    return performance.now() - start;
  };
  await time(1);
  const [one, twelve] = [await time(1), await time(12)];
  const ratio = twelve / one;
  return [
    {
      name: "12 static settings: calibrate, quantize, evaluate",
      promise: "<= 4x one setting",
      measured: `${ratio.toFixed(2)}x`,
      met: ratio <= 4,
    },
  ];
}
