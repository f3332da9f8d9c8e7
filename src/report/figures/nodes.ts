import type { CompletedRecord, NodeTime } from "../../results/record.js";
import { type Bars, type Colour, sharedLayout } from "../figure.js";
import { plotText } from "../markup.js";
import { phaseText } from "../phases.js";
import type { Report } from "../report.js";
import { padded, rowAxis, rowsHeight } from "./axes.js";
import { chosenTrials, labelsOf } from "./chosen.js";
import { nothing, sentences, type TitledFigure } from "./titled.js";
import { neutralColour, trialStyles } from "./trial-style.js";

const MOST_ROWS = 20;

/** Microseconds that each arm spends on one layer, or on one operator that belongs to none. */
export interface LayerTime {
  readonly name: string;
  readonly baseline: number;
  readonly trial: number;
  /** The operators that ran, as the engine names them. */
  readonly operators: { readonly baseline: readonly string[]; readonly trial: readonly string[] };
}

/** Times of both arms' nodes by layer, where the trial spends most first; nodes of no layer by their operator. */
export function layerTimes(baseline: readonly NodeTime[], trial: readonly NodeTime[]): readonly LayerTime[] {
  const key = ({ layer, operator }: NodeTime) => layer ?? `(${operator})`;
  const names = [...new Set([...trial, ...baseline].map(key))];
  const side = (nodes: readonly NodeTime[], name: string) => {
    const own = nodes.filter((node) => key(node) === name);
    return {
      time: own.reduce((sum, { microseconds }) => sum + microseconds, 0),
      operators: [...new Set(own.map(({ operator }) => operator))],
    };
  };
  return names
    .map((name): LayerTime => {
      const [before, after] = [side(baseline, name), side(trial, name)];
      const operators = { baseline: before.operators, trial: after.operators };
      return { name, baseline: before.time, trial: after.time, operators };
    })
    .sort((a, b) => b.trial - a.trial || b.baseline - a.baseline);
}

/** Where one trial spends its time, layer by layer, beside fp32; the first profiled trial unless one is asked for. */
export function nodes({ records }: Report, asked?: string): TitledFigure {
  const { trials } = chosenTrials(records, hasNodes, Number.POSITIVE_INFINITY, asked);
  const title = "Time by layer";
  const [record] = trials;
  const [profile] = record?.roofline?.filter((each) => each.nodes.trial.length > 0) ?? [];
  if (!record || !profile) return { title, caption: "", figure: nothing };
  const times = layerTimes(profile.nodes.baseline, profile.nodes.trial);
  const shown = withRest(times);
  const label = labelsOf(records)(record.trial);
  const longest = shown.flatMap(({ baseline, trial }) => [baseline, trial]);
  return {
    title: trials.length > 1 || asked !== undefined ? `${title}: ${label}` : title,
    caption: sentences(
      `Microseconds that fp32 and ${label} spend on each layer at batch ${profile.batch}${phaseText(profile, ", ")}, from a profiled run of its own, whose times are longer than those of the table. Operators in parentheses belong to no layer.`,
      times.length > MOST_ROWS ? `The ${MOST_ROWS - 1} longest of ${times.length}; the others are one row.` : "",
    ),
    height: rowsHeight(shown.length, 28),
    figure: {
      data: [
        bars(shown, "fp32", neutralColour, -0.19, "baseline"),
        bars(shown, label, trialStyles(records)(record).color, 0.19, "trial"),
      ],
      layout: {
        ...sharedLayout,
        barmode: "overlay",
        xaxis: {
          title: { text: "microseconds of one run", standoff: 12 },
          automargin: true,
          range: [0, padded([0, ...longest])[1]],
        },
        yaxis: rowAxis(shown.map(({ name }) => name)),
      },
    },
  };
}

/** Whether a record holds times of nodes. */
export function hasNodes({ roofline = [] }: CompletedRecord): boolean {
  return roofline.some(({ nodes: found }) => found.trial.length > 0);
}

function withRest(times: readonly LayerTime[]): readonly LayerTime[] {
  if (times.length <= MOST_ROWS) return times;
  const rest = times.slice(MOST_ROWS - 1);
  const sum = (arm: "baseline" | "trial") => rest.reduce((total, each) => total + each[arm], 0);
  const name = `${rest.length} others`;
  return [
    ...times.slice(0, MOST_ROWS - 1),
    { name, baseline: sum("baseline"), trial: sum("trial"), operators: { baseline: [], trial: [] } },
  ];
}

function bars(
  shown: readonly LayerTime[],
  name: string,
  color: Colour,
  shift: number,
  arm: "baseline" | "trial",
): Bars {
  return {
    type: "bar",
    orientation: "h",
    name: plotText(name),
    x: shown.map((each) => each[arm]),
    y: shown.map((_, row) => row + shift),
    base: shown.map(() => 0),
    width: 0.36,
    marker: { color },
    textposition: "none",
    text: shown.map((each) => {
      const ran = each.operators[arm].join(", ");
      return `<b>${plotText(name)}</b><br>${plotText(each.name)}: ${Number(each[arm].toPrecision(3))} µs${ran === "" ? "" : ` in ${plotText(ran)}`}`;
    }),
    hovertemplate: "%{text}<extra></extra>",
  };
}
