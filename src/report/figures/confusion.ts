import type { CompletedRecord } from "../../results/record.js";
import { type Bars, type Colour, sharedLayout } from "../figure.js";
import { plotText } from "../markup.js";
import type { Report } from "../report.js";
import { visible } from "../rows.js";
import { padded, rowAxis, rowsHeight } from "./axes.js";
import { chosenTrials, labelsOf } from "./chosen.js";
import { nothing, sentences, type TitledFigure } from "./titled.js";
import { styleAt, trialStyles } from "./trial-style.js";

const MOST_ROWS = 18;
const MOST_TRIALS = 7;

interface Pair {
  readonly from: string;
  readonly to: string;
  readonly total: number;
}

/** Which answers flip into which, against fp32: a row a pair of classes, a piece of its bar a trial. */
export function confusion({ records }: Report, asked?: string): TitledFigure {
  const has = ({ accuracy }: CompletedRecord) => (accuracy?.confusion?.length ?? 0) > 0;
  const { trials, note } = chosenTrials(records, has, MOST_TRIALS, asked);
  const title = "Flips by class";
  const pairs = pairsOf(trials);
  const shown = pairs.slice(0, MOST_ROWS);
  if (shown.length === 0) return { title, caption: "", figure: nothing };
  const label = labelsOf(records);
  const colourOf = coloursApart(trials, records);
  const ends = shown.map(() => 0);
  const data = trials.map((record): Bars => {
    const counts = shown.map((pair) => countOf(record, pair));
    const base = [...ends];
    counts.forEach((count, row) => {
      ends[row] = (ends[row] ?? 0) + count;
    });
    const rows = shown.flatMap((_, row) => ((counts[row] ?? 0) > 0 ? [row] : []));
    return {
      type: "bar",
      orientation: "h",
      name: plotText(label(record.trial)),
      x: rows.map((row) => counts[row] ?? 0),
      y: rows,
      base: rows.map((row) => base[row] ?? 0),
      width: 0.7,
      marker: { color: colourOf(record) },
      legendgroup: record.trial,
      textposition: "none",
      text: rows.map(
        (row) => `<b>${plotText(label(record.trial))}</b><br>${plotText(pairName(shown[row]))}: ${counts[row]}`,
      ),
      hovertemplate: "%{text}<extra></extra>",
    };
  });
  return {
    title,
    caption: sentences(
      "Test samples whose answer differs from fp32's: what fp32 says, and what the trial says instead.",
      pairs.length > MOST_ROWS ? `The ${MOST_ROWS} most frequent of ${pairs.length} pairs.` : "",
      note,
    ),
    height: rowsHeight(shown.length),
    figure: {
      data: data.filter(({ x }) => x.length > 0),
      layout: {
        ...sharedLayout,
        barmode: "overlay",
        xaxis: {
          title: { text: "flipped samples, all trials shown", standoff: 12 },
          automargin: true,
          range: [0, padded([0, ...ends])[1]],
          tickformat: "~d",
          ...(Math.max(...ends) <= 8 ? wholeTicks(Math.max(...ends)) : {}),
        },
        yaxis: rowAxis(shown.map(pairName)),
      },
    },
  };
}

/** Each trial's own colour; of many trials, where two of those drawn would have the same, colours by their place among them. */
function coloursApart(trials: readonly CompletedRecord[], records: Report["records"]) {
  const styleOf = trialStyles(records);
  const isApart = new Set(trials.map((record) => styleOf(record).color)).size === trials.length;
  return (record: CompletedRecord): Colour => (isApart ? styleOf(record) : styleAt(trials.indexOf(record))).color;
}

/** A tick for each whole number: there is no half of a flip. */
function wholeTicks(most: number) {
  const tickvals = Array.from({ length: most + 1 }, (_, i) => i);
  return { tickmode: "array", tickvals, ticktext: tickvals.map(String) } as const;
}

function pairName(pair: Pair | undefined): string {
  return pair ? `${visible(pair.from)} → ${visible(pair.to)}` : "";
}

/** Pairs of classes by how often all trials together flip them. */
function pairsOf(trials: readonly CompletedRecord[]): readonly Pair[] {
  const totals = new Map<string, Pair>();
  for (const { from, to, count } of trials.flatMap(({ accuracy }) => accuracy?.confusion ?? [])) {
    const key = JSON.stringify([from, to]);
    totals.set(key, { from, to, total: (totals.get(key)?.total ?? 0) + count });
  }
  return [...totals.values()].filter(({ total }) => total > 0).sort((a, b) => b.total - a.total);
}

function countOf({ accuracy }: CompletedRecord, pair: Pair): number {
  const found = accuracy?.confusion?.filter(({ from, to }) => from === pair.from && to === pair.to) ?? [];
  return found.reduce((sum, { count }) => sum + count, 0);
}
