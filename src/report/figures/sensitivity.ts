import type { DiagnosisRecord, DiagnosisResult } from "../../results/record.js";
import { fixed, percent } from "../../results/units.js";
import { type Bars, type Colour, sharedLayout } from "../figure.js";
import { plotText } from "../markup.js";
import type { Report } from "../report.js";
import { padded, rowAxis, rowsHeight } from "./axes.js";
import { labelsOf } from "./chosen.js";
import { nothing, sentences, type TitledFigure } from "./titled.js";

/** Layers that have a row. */
const MOST = 30;
const [aloneColour, keptColour] = ["#d55e00", "#0072b2"] as const;

/** Shares of the noise at the model's output that one layer makes. */
export interface LayerNoise {
  readonly layer: string;
  /** Noise with this layer alone quantized / the trial's noise; at least 0, and above 1 where errors cancel one another. */
  readonly alone: number;
  /** Noise that keeping this layer float takes away / the trial's noise; at most 1, below 0 where it adds some. */
  readonly saved: number;
}

/**
 * Each layer's part in a trial's noise, the most worth keeping first. Noise power is 10^(-SQNR/10) of the signal's, so
 * shares are ratios of those; undefined when the trial has no noise.
 */
export function layerNoise({ all, layers }: DiagnosisResult): readonly LayerNoise[] | undefined {
  const { sqnrDb: total } = all;
  if (total === null) return undefined;
  const relative = (sqnrDb: number | null) => (sqnrDb === null ? 0 : 10 ** ((total - sqnrDb) / 10));
  return layers
    .map(({ layer, alone, kept }) => ({ layer, alone: relative(alone.sqnrDb), saved: 1 - relative(kept.sqnrDb) }))
    .sort((a, b) => b.saved - a.saved || b.alone - a.alone);
}

/** The layers of one diagnosed trial by what they do to its noise; the first diagnosis unless one is asked for. */
export function sensitivity({ records, diagnoses = [] }: Report, asked?: string): TitledFigure {
  const found = diagnoses.find(({ trial }) => asked === undefined || trial === asked);
  const title = "Sensitivity of layers";
  const noise = found && layerNoise(found.diagnosis);
  if (!found || noise === undefined || noise.length === 0) return { title, caption: "", figure: nothing };
  const shown = noise.slice(0, MOST);
  const name = labelsOf(records)(found.trial);
  // A layer whose errors cancel others' may make any multiple of the noise.
  const most = Math.min(3, Math.max(1, ...shown.flatMap(({ alone, saved }) => [alone, saved])));
  const least = Math.max(-1, Math.min(0, ...shown.map(({ saved }) => saved)));
  return {
    title: diagnoses.length > 1 ? `${title}: ${name}` : title,
    caption: sentences(
      `${name}: noise at the model's output, as a share of the whole trial's, that a layer makes when it alone is quantized, and that goes away when it alone stays float.`,
      shown.some(({ alone, saved }) => alone > 3 || saved < -1) ? "Bars are cut at 300% and -100%." : "",
      noise.length > MOST ? `The ${MOST} of ${noise.length} layers that are most worth keeping.` : "",
    ),
    height: rowsHeight(shown.length, 28),
    figure: {
      data: [
        bars(shown, "alone quantized", aloneColour, -0.19, ({ alone }) => Math.min(3, alone), found),
        bars(shown, "alone kept float", keptColour, 0.19, ({ saved }) => Math.max(-1, saved), found),
      ],
      layout: {
        ...sharedLayout,
        barmode: "overlay",
        xaxis: {
          title: { text: "share of the trial's noise", standoff: 12 },
          automargin: true,
          range: [least < 0 ? padded([least, most])[0] : 0, padded([0, most])[1]],
          tickformat: ".0%",
        },
        yaxis: rowAxis(shown.map(({ layer }) => layer)),
      },
    },
  };
}

function bars(
  shown: readonly LayerNoise[],
  name: string,
  color: Colour,
  shift: number,
  length: (noise: LayerNoise) => number,
  { diagnosis }: DiagnosisRecord,
): Bars {
  const byLayer = new Map(diagnosis.layers.map((each) => [each.layer, each]));
  const decibels = (value: number | null | undefined) =>
    typeof value === "number" ? `${fixed(value, 1)} dB` : "exact";
  return {
    type: "bar",
    orientation: "h",
    name,
    x: shown.map(length),
    y: shown.map((_, row) => row + shift),
    base: shown.map(() => 0),
    width: 0.36,
    marker: { color },
    textposition: "none",
    text: shown.map((noise) => {
      const found = byLayer.get(noise.layer);
      const share = percent(name === "alone quantized" ? noise.alone : noise.saved, 0);
      const sqnr = decibels(name === "alone quantized" ? found?.alone.sqnrDb : found?.kept.sqnrDb);
      return `<b>${plotText(noise.layer)}</b><br>${name}: ${share} of the noise, SQNR ${sqnr}`;
    }),
    hovertemplate: "%{text}<extra></extra>",
  };
}
