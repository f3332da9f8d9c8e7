import Table from "cli-table3";

/** One figure that Nibble promises, as measured in this run. */
export interface Figure {
  readonly name: string;
  /** As the promise says it: ">= 2x". */
  readonly promise: string;
  readonly measured: string;
  readonly met: boolean;
}

/** The figures as a table for people. */
export function figureTable(figures: readonly Figure[]): string {
  const table = new Table({ head: ["figure", "promised", "measured", ""], style: { head: [], border: [] } });
  for (const { name, promise, measured, met } of figures) table.push([name, promise, measured, met ? "met" : "MISSED"]);
  return table.toString();
}

/** `2.71x [2.65, 2.80]`. */
export function ratioText({
  value,
  ci95,
}: {
  readonly value: number;
  readonly ci95: readonly [number, number];
}): string {
  return `${value.toFixed(2)}x [${ci95.map((end) => end.toFixed(2)).join(", ")}]`;
}

export function percentText(fraction: number): string {
  return `${(fraction * 100).toFixed(2)}%`;
}
