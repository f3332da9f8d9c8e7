import { type Scatter, sharedLayout } from "../figure.js";
import { stepText } from "../gap.js";
import { plotText } from "../markup.js";
import type { Report } from "../report.js";
import { padded } from "./axes.js";
import { chosenTrials, labelsOf } from "./chosen.js";
import { layerAxis, orderedLayers } from "./layers.js";
import { nothing, sentences, type TitledFigure } from "./titled.js";
import { neutralColour, trialStyles } from "./trial-style.js";

const MOST = 12;

/** Simulated against executed: the largest difference in each layer, in steps of quantization, one line a trial. */
export function gap({ records }: Report, asked?: string): TitledFigure {
  const { trials, note } = chosenTrials(records, (record) => (record.gap?.layers.length ?? 0) > 0, MOST, asked);
  const title = "Simulated and executed";
  const order = orderedLayers(trials.map((record) => record.gap?.layers ?? []));
  if (order.length === 0) return { title, caption: "", figure: nothing };
  const label = labelsOf(records);
  const styleOf = trialStyles(records);
  const data = trials.map((record): Scatter => {
    const byName = new Map(record.gap?.layers.map(({ layer, maxSteps }) => [layer, maxSteps]));
    const { color, symbol, dash } = styleOf(record);
    const steps = order.map((layer) => byName.get(layer) ?? null);
    return {
      type: "scatter",
      mode: "lines+markers",
      name: plotText(label(record.trial)),
      legendgroup: record.trial,
      x: order.map(plotText),
      y: steps,
      marker: { color, symbol, size: 8 },
      line: { color, dash, width: 1.5 },
      connectgaps: false,
      text: order.map(
        (layer, i) => `<b>${plotText(label(record.trial))}</b><br>${plotText(layer)}: ${stepText(steps[i] ?? 0)} steps`,
      ),
      hovertemplate: "%{text}<extra></extra>",
    };
  });
  const values = data.flatMap(({ y }) => y.filter((value) => value !== null));
  return {
    title,
    caption: sentences(
      "Largest difference between what the definitions of the integer operators give and what the engine gave, in each layer. The band is one step: rounding.",
      note,
    ),
    figure: {
      data,
      layout: {
        ...sharedLayout,
        xaxis: layerAxis(order),
        yaxis: {
          title: { text: "difference, steps of quantization", standoff: 12 },
          automargin: true,
          range: [padded([0, 1, ...values])[0] / 2, padded([0, 1, ...values])[1]],
        },
        shapes: [
          {
            ...{ type: "rect", layer: "below", xref: "paper", yref: "y", x0: 0, x1: 1, y0: 0, y1: 1 },
            ...{ fillcolor: `${neutralColour}26`, line: { width: 0 } },
          } as const,
        ],
      },
    },
  };
}
