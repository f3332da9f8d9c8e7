import type { TrialRecord } from "../../results/record.js";
import { type Colour, type Dash, dashes, type MarkerSymbol, symbols } from "../figure.js";
import { isBaseline } from "../rows.js";

/** Okabe and Ito's colours, an olive for their yellow and no black: told apart with colour blindness, on light and dark ground. */
const colours: readonly Colour[] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999933"];

/** For fp32, and for what belongs to no trial. */
export const neutralColour: Colour = "#8a8f98";

export interface TrialStyle {
  readonly color: Colour;
  readonly symbol: MarkerSymbol;
  readonly dash: Dash;
}

/** One look for each completed trial, the same in every plot; five shapes beside seven colours make 35 that differ. */
export function trialStyles(records: readonly TrialRecord[]): (record: TrialRecord) => TrialStyle {
  const styles = new Map<string, TrialStyle>();
  let order = 0;
  for (const record of records) {
    if (record.status !== "completed" || styles.has(record.trial)) continue;
    if (isBaseline(record)) styles.set(record.trial, { color: neutralColour, symbol: "cross", dash: "solid" });
    else styles.set(record.trial, styleAt(order++));
  }
  return ({ trial }) => styles.get(trial) ?? styleAt(0);
}

/** The look of the nth trial or scheme. */
export function styleAt(order: number): TrialStyle {
  return {
    color: colours[order % colours.length] as Colour,
    symbol: symbols[order % symbols.length] as MarkerSymbol,
    dash: dashes[Math.floor(order / colours.length) % dashes.length] as Dash,
  };
}
