import type { CompletedRecord, RangeResult } from "../../results/record.js";
import { percent, plain } from "../../results/units.js";
import { type Bars, sharedLayout, type Trace } from "../figure.js";
import { plotText } from "../markup.js";
import type { Report } from "../report.js";
import { visible } from "../rows.js";
import { shortenedApart } from "../text-width.js";
import { LONGEST_NAME, rowAxis, rowsHeight } from "./axes.js";
import { chosenTrials, labelsOf } from "./chosen.js";
import { nothing, sentences, type TitledFigure } from "./titled.js";
import { neutralColour, type TrialStyle, trialStyles } from "./trial-style.js";

/** Activations that have a row, and trials whose clip is drawn. */
const MOST_ROWS = 14;
const MOST_TRIALS = 7;
/** Share of a row that its highest bin takes. */
const TALLEST = 0.82;

/**
 * What calibration saw of each activation, and the range that each trial's codes cover: a row an activation, each on its own
 * scale from the least to the greatest of all ends. Heights are logarithms of counts, as most values lie in few bins.
 */
export function histograms({ records }: Report, asked?: string): TitledFigure {
  const { trials, note } = chosenTrials(records, ({ ranges }) => (ranges?.length ?? 0) > 0, MOST_TRIALS, asked);
  const title = "Ranges of activations";
  const rows = rowsOf(trials);
  if (rows.length === 0) return { title, caption: "", figure: nothing };
  const values = new Set(trials.flatMap(({ ranges = [] }) => ranges.map(({ value }) => value)));
  const label = labelsOf(records);
  const style = trialStyles(records);
  return {
    title,
    caption: sentences(
      "Values that calibration saw (bars, logarithmic counts) and the ends of the range that each trial chose (lines); values outside of it saturate. Every row has its own scale, given beside its name.",
      values.size > MOST_ROWS ? `${MOST_ROWS} of ${values.size} activations: those that saturate most.` : "",
      note,
    ),
    height: rowsHeight(rows.length, 44),
    figure: {
      data: [histogramBars(rows), ...trials.map((record) => clips(record, rows, label(record.trial), style(record)))],
      layout: {
        ...sharedLayout,
        barmode: "overlay",
        xaxis: {
          title: { text: "from the least to the greatest value of each row", standoff: 12 },
          automargin: true,
          range: [-0.02, 1.02],
          showgrid: false,
          zeroline: false,
          tickmode: "array",
          tickvals: [0, 0.25, 0.5, 0.75, 1],
          ticktext: ["least", "25%", "50%", "75%", "greatest"],
        },
        yaxis: { ...rowAxis(rowNames(rows), 60), range: [rows.length - 0.4, -0.6] },
      },
    },
  };
}

interface Row {
  readonly seen: RangeResult;
  readonly low: number;
  readonly high: number;
}

/** One row a value, with the ends of what any trial saw or chose; the most saturated first, then by the model's order. */
function rowsOf(trials: readonly CompletedRecord[]): readonly Row[] {
  const byValue = new Map<string, RangeResult[]>();
  for (const range of trials.flatMap(({ ranges = [] }) => ranges)) {
    const others = byValue.get(range.value);
    if (others) others.push(range);
    else byValue.set(range.value, [range]);
  }
  const all = [...byValue.values()];
  const worst = (ranges: readonly RangeResult[]) => Math.max(...ranges.map(({ saturated }) => saturated));
  const kept = new Set([...all].sort((a, b) => worst(b) - worst(a)).slice(0, MOST_ROWS));
  return all
    .filter((ranges) => kept.has(ranges))
    .flatMap((ranges) => {
      const [seen] = ranges;
      const ends = ranges.flatMap((range) => [...range.seen, ...range.chosen]);
      return seen ? [{ seen, low: Math.min(...ends), high: Math.max(...ends) }] : [];
    });
}

/** Names and scales: a long name is shortened, its scale never. */
function rowNames(rows: readonly Row[]): readonly string[] {
  const names = shortenedApart(
    rows.map(({ seen }) => visible(seen.layer ?? seen.value)),
    LONGEST_NAME,
  );
  return rows.map(({ low, high }, i) => `${names[i]} ${short(low)}…${short(high)}`);
}

function short(value: number): string {
  return plain(Number(value.toPrecision(2)));
}

/** Where a value lies in its row; halved first, so that no range overflows. */
function placeIn({ low, high }: Row, value: number): number {
  const width = high / 2 - low / 2;
  return width === 0 ? 0.5 : (value / 2 - low / 2) / width;
}

/** One trace for all rows. */
function histogramBars(rows: readonly Row[]): Bars {
  const bars = rows.flatMap((row, index) => {
    const { histogram, seen } = row.seen;
    const most = Math.log1p(Math.max(1, ...histogram));
    const [from, to] = [placeIn(row, seen[0]), placeIn(row, seen[1])];
    const step = (to - from) / histogram.length;
    return histogram.flatMap((count, bin) => {
      if (count === 0) return [];
      // From the row's line upwards: its axis falls.
      const height = -(Math.log1p(count) / most) * TALLEST;
      return [{ at: from + (bin + 0.5) * step, height, index, count, row, bin, step }];
    });
  });
  return {
    type: "bar",
    orientation: "v",
    name: "seen in calibration",
    x: bars.map(({ at }) => at),
    y: bars.map(({ height }) => height),
    base: bars.map(({ index }) => index + 0.4),
    width: bars.map(({ step }) => Math.max(0.002, step * 0.92)),
    marker: { color: neutralColour },
    textposition: "none",
    text: bars.map(({ count, row, bin }) => {
      const [low, high] = row.seen.seen;
      const edge = (i: number) => plain(low + ((high - low) * i) / row.seen.histogram.length);
      return `<b>${plotText(row.seen.layer ?? row.seen.value)}</b><br>${edge(bin)} to ${edge(bin + 1)}: ${count} values`;
    }),
    hovertemplate: "%{text}<extra></extra>",
  };
}

/** Both ends of what a trial chose, as lines as high as a row. */
function clips(record: CompletedRecord, rows: readonly Row[], label: string, { color, dash }: TrialStyle): Trace {
  const byValue = new Map(record.ranges?.map((range) => [range.value, range]));
  const ends = rows.flatMap((row, index) => {
    const range = byValue.get(row.seen.value);
    return range ? range.chosen.map((end) => ({ at: placeIn(row, end), index, range })) : [];
  });
  return {
    type: "scatter",
    mode: "lines",
    name: plotText(label),
    legendgroup: record.trial,
    x: ends.flatMap(({ at }) => [at, at, null]),
    y: ends.flatMap(({ index }) => [index + 0.45, index - 0.5, null]),
    line: { color, width: 2, dash },
    connectgaps: false,
    text: ends.flatMap(({ range }) => {
      const text = `<b>${plotText(label)}</b><br>${plotText(range.layer ?? range.value)}: ${plain(range.chosen[0])} to ${plain(range.chosen[1])}, ${percent(range.saturated, 2)} saturate`;
      return [text, text, ""];
    }),
    hovertemplate: "%{text}<extra></extra>",
  };
}
