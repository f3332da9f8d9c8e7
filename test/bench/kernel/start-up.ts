import { median } from "../../../src/measure/statistics.js";
import { type KernelFigure, type Measured, rotated, spreadText } from "./measured.js";
import { type Subject, start } from "./subjects.js";

const STARTS = 7;
/** Goal on a machine where ipykernel takes `REFERENCE_S`. */
const GOAL_S = 0.6;
const REFERENCE_S = 0.51;

/** From before the process is made to its answer to `kernel_info_request`; the first start of each warms the disk and is left out. */
export async function startUp(subjects: readonly Subject[]): Promise<readonly KernelFigure[]> {
  const seconds = new Map(subjects.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round <= STARTS; round++) {
    for (const subject of rotated(subjects, round)) {
      const { kernel } = await start(subject);
      await kernel.close();
      if (round > 0) seconds.get(subject.name)?.push(kernel.readyMs / 1000);
    }
  }
  const reference = median(seconds.get("ipykernel") ?? []);
  const measured = new Map<string, Measured>();
  for (const [name, repeats] of seconds) {
    const value = median(repeats);
    measured.set(name, { value, text: `${spreadText(repeats, 2, "s")}, ${(value / reference).toFixed(2)}x ipykernel` });
  }
  return [
    {
      name: "cold start to ready",
      promise: `<= ${GOAL_S} s, or as much slower as ipykernel's ${REFERENCE_S} s`,
      met: (value, ipykernel) => value <= GOAL_S * Math.max(1, (ipykernel ?? 0) / REFERENCE_S),
      measured,
    },
  ];
}
