import type { MachinePeaks } from "../../measure/roofline.js";
import { sameSetting } from "../../measure/setting.js";
import type { CompletedRecord, LatencyResult, RooflineResult } from "../../results/record.js";
import { bytes, milliseconds, percent } from "../../results/units.js";
import { type Dash, type Marker, type Scatter, sharedLayout, type Trace } from "../figure.js";
import { plotText } from "../markup.js";
import { phaseText } from "../phases.js";
import type { Report } from "../report.js";
import { logAxis } from "./axes.js";
import { chosenTrials, labelsOf } from "./chosen.js";
import { nothing, sentences, type TitledFigure } from "./titled.js";
import { neutralColour, trialStyles } from "./trial-style.js";

const MOST = 12;

interface Placed {
  readonly name: string;
  readonly group: string;
  readonly look: Pick<Marker, "color" | "symbol">;
  /** Multiply-adds a byte. */
  readonly intensity: number;
  /** Multiply-adds a second. */
  readonly rate: number;
  readonly text: string;
}

/**
 * The speed that each arm reached against what this machine can reach: arithmetic by the measured peaks in float and in
 * integers, and memory by the measured bandwidths, whose lines rise with the work done on each byte.
 */
export function roofline({ records }: Report, asked?: string): TitledFigure {
  const { trials, note } = chosenTrials(records, (record) => pairsOf(record).length > 0, MOST, asked);
  const points = trials
    .flatMap((record, i) => pointsOf(record, records, i === 0))
    .filter(({ intensity, rate }) => intensity > 0 && rate > 0 && Number.isFinite(rate));
  const peaks = trials.flatMap(({ roofline: found = [] }) => found)[0]?.peaks;
  const title = "Roofline";
  if (points.length === 0 || peaks === undefined) return { title, caption: "", figure: nothing };
  const intensities = points.map(({ intensity }) => intensity);
  const slowest = Math.min(...peaks.bandwidth.map(({ bytesPerSecond }) => bytesPerSecond));
  const knee = Math.max(peaks.floatMacs, peaks.integerMacs) / (peaks.bandwidth.length > 0 ? slowest : 1);
  const [low, high] = [Math.min(...intensities, knee) / 3, Math.max(...intensities, knee) * 3];
  const rates = [...points.map(({ rate }) => rate), peaks.floatMacs, peaks.integerMacs];
  const floor = Math.min(...points.map(({ rate }) => rate)) / 2;
  const xaxis = logAxis([low, high], "work on each byte: multiply-adds a byte", plainTick);
  const yaxis = logAxis([floor, Math.max(...rates) * 1.6], "multiply-adds a second", rateText);
  return {
    title,
    caption: sentences(
      "Work a second that each arm reached, and what this machine was measured to do at best: level lines for arithmetic, and a rising one for each level of memory, for bytes that come from there. Far below all of them is time that is neither arithmetic nor memory: the engine's own.",
      note,
    ),
    figure: {
      data: [...roofsOf(peaks, [low, high]), ...points.map(pointTrace)],
      layout: { ...sharedLayout, xaxis, yaxis },
    },
  };
}

/** Roofline results with the latency that they explain. */
export function pairsOf({ roofline: results = [], latency = [] }: CompletedRecord) {
  return results.flatMap((found): readonly { readonly found: RooflineResult; readonly timed: LatencyResult }[] => {
    const timed = latency.find((each) => sameSetting(each, found));
    return timed ? [{ found, timed }] : [];
  });
}

function pointsOf(record: CompletedRecord, records: Report["records"], isFirst: boolean): readonly Placed[] {
  const { color, symbol } = trialStyles(records)(record);
  const pairs = pairsOf(record);
  const suffix = (found: RooflineResult) =>
    phaseText(found, ", ") || (pairs.length > 1 ? `, batch ${found.batch}` : "");
  return pairs.flatMap(({ found, timed }): readonly Placed[] => {
    const at = (
      name: string,
      group: string,
      arm: RooflineResult["trial"],
      ms: number,
      look: Placed["look"],
    ): Placed => ({
      ...{ name: `${name}${suffix(found)}`, group, look },
      intensity: arm.bytes > 0 ? arm.macs / arm.bytes : 0,
      rate: arm.macs / (ms / 1000),
      text: `<b>${plotText(name)}${suffix(found)}</b><br>${rateText(arm.macs / (ms / 1000))} in ${milliseconds(ms)} ms, ${percent(arm.share, 0)} of what ${arm.bound === "compute" ? "arithmetic" : "memory"} allows`,
    });
    const label = labelsOf(records)(record.trial);
    const own = at(label, record.trial, found.trial, timed.medianMs, { color, symbol });
    // fp32 is the same model in every pair: once is enough.
    if (!isFirst) return [own];
    return [at("fp32", "fp32", found.baseline, timed.baselineMs, { color: neutralColour, symbol: "cross" }), own];
  });
}

function pointTrace({ name, group, look, intensity, rate, text }: Placed): Trace {
  return {
    type: "scatter",
    mode: "markers",
    name: plotText(name),
    legendgroup: group,
    x: [Math.log10(intensity)],
    y: [Math.log10(rate)],
    marker: { ...look, size: 11 },
    text: [text],
    hovertemplate: "%{text}<extra></extra>",
  };
}

/** Two level roofs of arithmetic; one rising line a level of memory, as far as the higher of them. Their figures stand in the legend. */
function roofsOf(
  { floatMacs, integerMacs, bandwidth }: MachinePeaks,
  [low, high]: readonly [number, number],
): readonly Trace[] {
  const top = Math.max(floatMacs, integerMacs);
  const rising = bandwidth.map(({ bytesPerSecond, footprintBytes }, i) => {
    const isMain = i === bandwidth.length - 1;
    const end = Math.max(Math.min(high, top / bytesPerSecond), low);
    const what = isMain ? "main memory" : `memory within ${bytes(footprintBytes)}`;
    return roof([low, end], bytesPerSecond, `${what}: ${bytes(bytesPerSecond)}/s`, isMain ? "dash" : "dot");
  });
  return [
    roof([low, high], undefined, `8-bit integer peak: ${rateText(integerMacs)}`, "solid", integerMacs),
    roof([low, high], undefined, `float peak: ${rateText(floatMacs)}`, "dashdot", floatMacs),
    ...rising,
  ];
}

/** A line of `bytesPerSecond` multiply-adds for each of a byte, or a level one at `rate`. */
function roof(
  ends: readonly [number, number],
  bytesPerSecond: number | undefined,
  name: string,
  dash: Dash,
  rate = 0,
): Scatter {
  return {
    ...{ type: "scatter", mode: "lines", name: plotText(name) },
    x: ends.map(Math.log10),
    y: ends.map((intensity) => Math.log10(bytesPerSecond === undefined ? rate : intensity * bytesPerSecond)),
    line: { color: neutralColour, width: 1.5, dash },
    hoverinfo: "skip",
  };
}

const units = ["", "k", "M", "G", "T", "P"] as const;

/** `4.2 GMAC/s`. */
function rateText(macsPerSecond: number): string {
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, macsPerSecond)) / 3)));
  return `${Number((macsPerSecond / 1000 ** power).toPrecision(3))} ${units[power]}MAC/s`;
}

function plainTick(value: number): string {
  return value >= 0.001 && value < 1e6 ? String(Number(value.toPrecision(2))) : value.toExponential(0);
}
