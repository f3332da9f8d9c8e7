import { accuracyOf } from "../../results/metric.js";
import type { CalibrationCheck, DiagnosisRecord } from "../../results/record.js";
import { percent } from "../../results/units.js";
import { type Scatter, sharedLayout, type Trace } from "../figure.js";
import { plotText } from "../markup.js";
import type { Report } from "../report.js";
import { logAxis, padded } from "./axes.js";
import { labelsOf } from "./chosen.js";
import { nothing, sentences, type TitledFigure } from "./titled.js";
import { trialStyles } from "./trial-style.js";

const MOST = 6;

interface Grown {
  readonly record: DiagnosisRecord;
  readonly growth: NonNullable<CalibrationCheck["growth"]>;
}

/** How the ranges and the accuracy of diagnosed trials move as they are calibrated with more of the same samples. */
export function calibration({ records, diagnoses = [] }: Report, asked?: string): TitledFigure {
  const all = diagnoses.flatMap((record): readonly Grown[] => {
    const growth = record.diagnosis.calibration?.growth ?? [];
    return growth.length > 0 && (asked === undefined || record.trial === asked) ? [{ record, growth }] : [];
  });
  const title = "Calibration samples";
  const grown = all.slice(0, MOST);
  if (grown.length === 0) return { title, caption: "", figure: nothing };
  const label = labelsOf(records);
  const styleOf = trialStyles(records);
  // Drops of shares are percentages as changes of ranges are; drops of an error are in its own unit and left out.
  const isShare = records.every((record) => record.status !== "completed" || (accuracyOf(record)?.isShare ?? true));
  const isRelative = records.some((record) => record.status === "completed" && record.accuracy?.relativeError);
  const lost = isRelative ? "error against fp32" : "accuracy drop";
  const counts = [...new Set(grown.flatMap(({ growth }) => growth.map(({ samples }) => samples)))];
  const data = grown.flatMap(({ record, growth }): readonly Trace[] => {
    const found = records.find(({ trial }) => trial === record.trial);
    const look = found ? styleOf(found) : ({ color: "#0072b2", symbol: "circle", dash: "solid" } as const);
    const name = plotText(label(record.trial));
    const x = growth.map(({ samples }) => Math.log10(Math.max(1, samples)));
    const about = { type: "scatter", x, legendgroup: record.trial, hovertemplate: "%{text}<extra></extra>" } as const;
    const ranges: Scatter = {
      ...about,
      mode: "lines+markers",
      name: `${name}: change of the ranges`,
      y: growth.map(({ rangeChange }) => rangeChange),
      marker: { color: look.color, symbol: "circle", size: 8 },
      line: { color: look.color, width: 1.5, dash: "dash" },
      text: growth.map(
        (step) => `<b>${name}</b><br>${step.samples} samples: ranges change by ${percent(step.rangeChange)}`,
      ),
    };
    const drops: Scatter = {
      ...about,
      mode: "lines+markers",
      name: `${name}: ${lost}`,
      y: growth.map(({ drop }) => drop.value),
      marker: { color: look.color, symbol: "square", size: 8 },
      line: { color: look.color, width: 1.5, dash: "solid" },
      error_y: {
        ...{ type: "data", symmetric: false, color: `${look.color}80`, thickness: 1.5, width: 0 },
        array: growth.map(({ drop }) => drop.ci95[1] - drop.value),
        arrayminus: growth.map(({ drop }) => drop.value - drop.ci95[0]),
      },
      text: growth.map(
        ({ samples, drop }) =>
          `<b>${name}</b><br>${samples} samples: ${isRelative ? "error" : "drop"} ${percent(drop.value)} (${percent(drop.ci95[0])} to ${percent(drop.ci95[1])})`,
      ),
    };
    return isShare ? [ranges, drops] : [ranges];
  });
  const ys = grown.flatMap(({ growth }) =>
    growth.flatMap(({ rangeChange, drop }) => [rangeChange, ...(isShare ? drop.ci95 : [])]),
  );
  return {
    title,
    caption: sentences(
      `With the first samples of the same calibration set: how far the ranges are from the final ones (median of the activations, share of their width)${isShare ? `, and the ${lost} with its 95% interval` : ""}.`,
      all.length > MOST ? `The first ${MOST} of ${all.length} diagnosed trials.` : "",
    ),
    figure: {
      data,
      layout: {
        ...sharedLayout,
        xaxis: {
          ...logAxis(counts, "calibration samples", String),
          tickvals: counts.map((count) => Math.log10(Math.max(1, count))),
          ticktext: counts.map(String),
        },
        yaxis: {
          title: { text: isShare ? `change of ranges, ${lost}` : "change of ranges", standoff: 12 },
          automargin: true,
          range: padded([0, ...ys]),
          tickformat: ".1~%",
        },
      },
    },
  };
}
