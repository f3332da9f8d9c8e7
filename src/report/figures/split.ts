import { fixed } from "../../results/units.js";
import { type Scatter, sharedLayout } from "../figure.js";
import { plotText } from "../markup.js";
import type { Report } from "../report.js";
import { padded, rowAxis, rowsHeight } from "./axes.js";
import { chosenTrials, labelsOf } from "./chosen.js";
import { nothing, sentences, type TitledFigure } from "./titled.js";
import { neutralColour } from "./trial-style.js";

const MOST = 16;

const arms = [
  { key: "weightsOnly", name: "weights alone quantized", color: "#0072b2", symbol: "square" },
  { key: "activationsOnly", name: "activations alone quantized", color: "#d55e00", symbol: "diamond" },
] as const;

/** How much noise the quantized weights and the quantized activations bring, each alone: SQNR at the model's output, a row a trial. */
export function split({ records }: Report, asked?: string): TitledFigure {
  const { trials, note } = chosenTrials(records, (record) => record.split !== undefined, MOST, asked);
  const label = labelsOf(records);
  const points = arms.map(({ key, name, color, symbol }): Scatter => {
    const found = trials.map((record) => record.split?.[key]?.sqnrDb ?? null);
    return {
      type: "scatter",
      mode: "markers",
      name,
      x: found,
      y: trials.map((_, row) => row),
      marker: { color, symbol, size: 11 },
      text: trials.map((record, row) => hover(label(record.trial), name, found[row])),
      hovertemplate: "%{text}<extra></extra>",
    };
  });
  const values = points.flatMap(({ x }) => x.filter((value) => typeof value === "number"));
  const title = "Weights or activations";
  if (values.length === 0) return { title, caption: "", figure: nothing };
  const lines: Scatter = {
    type: "scatter",
    mode: "lines",
    name: "from one to the other",
    x: trials.flatMap((_, row) => [...points.map(({ x }) => x[row] ?? null), null]),
    y: trials.flatMap((_, row) => [...points.map(() => row), null]),
    line: { color: neutralColour, width: 1, dash: "solid" },
    showlegend: false,
    connectgaps: false,
    hoverinfo: "skip",
  };
  return {
    title,
    caption: sentences(
      "Signal to quantization noise at the model's output when only the weights, or only the activations, are quantized; the one farther left costs more.",
      trials.some(({ split: found }) => found?.weightsOnly.sqnrDb === null || found?.activationsOnly?.sqnrDb === null)
        ? "No point: equal to fp32 to the bit."
        : "",
      note,
    ),
    height: rowsHeight(trials.length, 28),
    figure: {
      data: [lines, ...points.filter(({ x }) => x.some((value) => value !== null))],
      layout: {
        ...sharedLayout,
        xaxis: {
          title: { text: "SQNR of the output, dB (higher is better)", standoff: 12 },
          automargin: true,
          range: padded(values),
        },
        yaxis: rowAxis(trials.map(({ trial }) => label(trial))),
      },
    },
  };
}

function hover(label: string, name: string, sqnrDb: number | null | undefined): string {
  return `<b>${plotText(label)}</b><br>${name}: ${sqnrDb === null || sqnrDb === undefined ? "exact" : `${fixed(sqnrDb, 1)} dB`}`;
}
