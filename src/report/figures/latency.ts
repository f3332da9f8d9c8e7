import { quantileOfSorted } from "../../measure/statistics.js";
import type { CompletedRecord, LatencyResult } from "../../results/record.js";
import { milliseconds } from "../../results/units.js";
import { type Axis, type Colour, type Scatter, sharedLayout, type Trace } from "../figure.js";
import { plotText } from "../markup.js";
import { phaseText } from "../phases.js";
import type { Report } from "../report.js";
import { logAxis, padded, rowAxis, rowsHeight } from "./axes.js";
import { chosenTrials, labelsOf } from "./chosen.js";
import { nothing, sentences, type TitledFigure } from "./titled.js";
import { neutralColour, trialStyles } from "./trial-style.js";

const MOST_TRIALS = 8;
const MOST_ROWS = 16;
/** Samples of one arm that are drawn one by one. */
const MOST_SAMPLES = 60;
/** Past this ratio of the slowest to the fastest sample the axis is logarithmic. */
const WIDE = 8;

interface Timed {
  readonly record: CompletedRecord;
  readonly result: LatencyResult;
}

interface Arm {
  readonly name: string;
  readonly color: Colour;
  /** Milliseconds of each process. */
  readonly processes: readonly (readonly number[])[];
  /** Middle of the arm on the axis of rows. */
  readonly at: number;
}

/** Every sample of both arms, fp32 above the trial, a line of dots a process; a row a trial and batch size. */
export function latency({ records }: Report, asked?: string): TitledFigure {
  const has = ({ latency: results }: CompletedRecord) => results?.some(({ samples }) => samples !== undefined) ?? false;
  const { trials, note } = chosenTrials(records, has, MOST_TRIALS, asked);
  const all = trials.flatMap((record) =>
    (record.latency ?? []).filter(({ samples }) => samples?.length).map((result): Timed => ({ record, result })),
  );
  const rows = all.slice(0, MOST_ROWS);
  const title = "Latency samples";
  const styleOf = trialStyles(records);
  const label = labelsOf(records);
  const arms = rows.flatMap(({ record, result }, row): readonly Arm[] => {
    const samples = result.samples ?? [];
    const name = label(record.trial);
    return [
      { name: "fp32", color: neutralColour, processes: samples.map(({ baselineMs }) => baselineMs), at: row - 0.21 },
      { name, color: styleOf(record).color, processes: samples.map(({ trialMs }) => trialMs), at: row + 0.21 },
    ].filter(({ processes }) => processes.some((each) => each.length > 0));
  });
  if (arms.length === 0) return { title, caption: "", figure: nothing };
  const times = arms.flatMap(({ processes }) => processes.flat());
  const scale = timeAxis(times);
  const named = new Set<string>();
  const isDrawnWhole = arms.every(({ processes }) => processes.flat().length <= MOST_SAMPLES);
  return {
    title,
    caption: sentences(
      `Milliseconds of one inference: dots are samples${isDrawnWhole ? "" : ` (of many, ${MOST_SAMPLES} evenly by rank)`}, a line of dots a process; the thick bar holds the middle half, the thin line 5% to 95%, the square is the median. fp32 of the same pairs is above each trial.`,
      all.length > rows.length ? `The first ${MOST_ROWS} of ${all.length} rows.` : "",
      note,
    ),
    height: rowsHeight(rows.length, 46),
    figure: {
      data: arms.flatMap((arm) => {
        const isNew = !named.has(arm.name);
        named.add(arm.name);
        return armTraces(arm, scale.at, isNew);
      }),
      layout: { ...sharedLayout, xaxis: scale.axis, yaxis: rowAxis(rows.map((row) => rowName(row, rows, label))) },
    },
  };
}

function rowName({ record, result }: Timed, rows: readonly Timed[], label: (trial: string) => string): string {
  const phase = phaseText(result);
  if (phase !== "") return `${label(record.trial)}, ${phase}`;
  const settings = new Set(rows.map((row) => `${row.result.batch} ${row.result.threads}`));
  const threads = rows.some((row) => row.result.threads > 1) ? `/${result.threads}` : "";
  return settings.size === 1 ? label(record.trial) : `${label(record.trial)} b${result.batch}${threads}`;
}

function timeAxis(times: readonly number[]): { readonly axis: Axis; readonly at: (ms: number) => number } {
  const low = times.reduce((a, b) => Math.min(a, b));
  const high = times.reduce((a, b) => Math.max(a, b));
  const title = "milliseconds of one inference";
  if (high / low > WIDE) {
    return { axis: logAxis([low, high], `${title}, logarithmic`, (ms) => tickText(ms)), at: Math.log10 };
  }
  return {
    axis: { title: { text: title, standoff: 12 }, automargin: true, range: padded([low, high]) },
    at: (ms) => ms,
  };
}

function tickText(ms: number): string {
  return String(Number(ms.toPrecision(3)));
}

/** Dots, the thin line, the thick one and the median. */
function armTraces(
  { name, color, processes, at }: Arm,
  place: (ms: number) => number,
  isNew: boolean,
): readonly Trace[] {
  const sorted = Float64Array.from(processes.flat()).sort();
  const [low, first, middle, third, high] = [0.05, 0.25, 0.5, 0.75, 0.95].map((p) => quantileOfSorted(sorted, p)) as [
    ...[number, number, number, number, number],
  ];
  const shared = { type: "scatter", name: plotText(name), legendgroup: name } as const;
  const line = (from: number, to: number, width: number): Scatter => ({
    ...{ ...shared, mode: "lines", x: [place(from), place(to)], y: [at, at], showlegend: false, hoverinfo: "skip" },
    line: { color: width > 2 ? `${color}99` : color, width, dash: "solid" },
  });
  const text = `<b>${plotText(name)}</b><br>median ${milliseconds(middle)} ms, middle half ${milliseconds(first)} to ${milliseconds(third)}, 5% to 95% ${milliseconds(low)} to ${milliseconds(high)}`;
  const samples: Scatter = {
    ...shared,
    ...dots(processes, at, place),
    mode: "markers",
    marker: { color: `${color}66`, symbol: "circle", size: 4 },
    showlegend: false,
    hoverinfo: "skip",
  };
  const mid: Scatter = {
    ...shared,
    mode: "markers",
    x: [place(middle)],
    y: [at],
    marker: { color, symbol: "square", size: 8 },
    showlegend: isNew,
    text: [text],
    hovertemplate: "%{text}<extra></extra>",
  };
  return [samples, line(low, high, 1.5), line(first, third, 7), mid];
}

/** Samples by rank, so that both ends are among them; each process on a height of its own. */
function dots(processes: readonly (readonly number[])[], at: number, place: (ms: number) => number) {
  const each = Math.max(1, Math.floor(MOST_SAMPLES / Math.max(1, processes.length)));
  const drawn = processes.flatMap((samples, process) => {
    const sorted = [...samples].sort((a, b) => a - b);
    const count = Math.min(each, sorted.length);
    const y = at + (processes.length === 1 ? 0 : (process / (processes.length - 1) - 0.5) * 0.24);
    return Array.from({ length: count }, (_, i) => {
      const rank = count === 1 ? 0 : Math.round((i * (sorted.length - 1)) / (count - 1));
      return { x: place(sorted[rank] as number), y };
    });
  });
  return { x: drawn.map(({ x }) => x), y: drawn.map(({ y }) => y) };
}
