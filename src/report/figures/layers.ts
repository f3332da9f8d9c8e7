import { trialLabels } from "../../plan/label.js";
import type { CompletedRecord, TrialRecord } from "../../results/record.js";
import { type Axis, type Figure, sharedLayout, type Trace } from "../figure.js";
import { escapePlotly, plotText } from "../markup.js";
import { visible } from "../rows.js";
import { shortenedApart, textWidth } from "../text-width.js";
import { trialStyles } from "./trial-style.js";

/**
 * SQNR of every layer against fp32, in the order in which the model runs them, one line a trial. A layer whose output is
 * the same to the bit leaves a gap. Trials without a layer that differs are left out.
 * @param all the records that labels and looks are given among
 */
export function layers(records: readonly TrialRecord[], all: readonly TrialRecord[] = records): Figure {
  const labels = trialLabels(all);
  const styleOf = trialStyles(all);
  const shown = records.filter(
    (record): record is CompletedRecord =>
      record.status === "completed" && (record.layers ?? []).some(({ sqnrDb }) => sqnrDb !== null),
  );
  const order = layerOrder(shown);
  const data = shown.map((record): Trace => {
    const byName = new Map(record.layers?.map(({ layer, sqnrDb }) => [layer, sqnrDb]));
    const { color, symbol, dash } = styleOf(record);
    return {
      type: "scatter",
      mode: "lines+markers",
      name: plotText(labels.get(record.trial) ?? record.trial),
      x: order.map(plotText),
      y: order.map((layer) => byName.get(layer) ?? null),
      marker: { color, symbol, size: 8 },
      line: { color, dash, width: 1.5 },
      connectgaps: false,
      hovertemplate: "<b>%{fullData.name}</b><br>%{x}: %{y:.1f} dB<extra></extra>",
    };
  });
  return {
    data,
    layout: {
      ...sharedLayout,
      xaxis: layerAxis(order),
      yaxis: { title: { text: "SQNR against fp32, dB", standoff: 12 }, automargin: true },
    },
  };
}

/** The width that ticks are chosen for, pixels; and the room that a slanted and an upright name take of it. */
const plotWidth = 800;
const [slantedRoom, uprightRoom] = [16, 13];

/**
 * Every layer has its tick; names that have no room side by side are slanted, then upright, and shortened.
 * Past what has room upright, every second (third ...) layer has a tick. Hover shows all names whole.
 */
export function layerAxis(order: readonly string[]): Axis {
  const room = plotWidth / Math.max(1, order.length);
  const isLevel = order.every((layer) => textWidth(visible(layer), 13) + 10 < room);
  const every = Math.max(1, Math.ceil((order.length * uprightRoom) / plotWidth));
  const shown = order.filter((_, i) => i % every === 0);
  const names = shown.map(visible);
  return {
    type: "category",
    automargin: true,
    showgrid: false,
    tickmode: "array",
    tickvals: shown.map(plotText),
    ticktext: (isLevel ? names : shortenedApart(names, 18)).map(escapePlotly),
    tickangle: isLevel ? 0 : room < slantedRoom ? -90 : -45,
    tickfont: { size: isLevel ? 13 : 11 },
  };
}

/** Names of the layers whose error was measured, in the order of {@link orderedLayers}. */
export function layerOrder(records: readonly TrialRecord[]): readonly string[] {
  return orderedLayers(records.map((record) => (record.status === "completed" ? (record.layers ?? []) : [])));
}

/** Layer names as the trial with the most layers orders them, then those that only others have. */
export function orderedLayers(trials: readonly (readonly { readonly layer: string }[])[]): readonly string[] {
  const longestFirst = trials.toSorted((a, b) => b.length - a.length);
  return [...new Set(longestFirst.flat().map(({ layer }) => layer))];
}
