import { trialLabels } from "../plan/label.js";
import type { DiagnosisArm, DiagnosisRecord, TrialRecord } from "../results/record.js";
import { errorPercent } from "../results/units.js";

/** Most layers that the text lists: those whose own quantization makes the most noise. */
const MOST_LAYERS = 16;

/** The longest name of a layer that is shown whole. */
const LONGEST_NAME = 28;

export interface DiagnosisTextOptions {
  /** The findings alone, without the figures that they rest on. */
  readonly brief?: boolean;
}

/**
 * What diagnoses found, as text of at most 80 columns: for each trial its findings, then drop and SQNR of each arm.
 * @param records of the experiment, whose labels the trials have
 */
export function renderDiagnoses(
  records: readonly TrialRecord[],
  diagnoses: readonly DiagnosisRecord[],
  { brief = false }: DiagnosisTextOptions = {},
): string {
  const labels = trialLabels(records);
  return diagnoses
    .map((each) => {
      const head = headOf(each, labels.get(each.trial) ?? each.scheme.name);
      return (brief ? head : [...head, "", ...figuresOf(each)]).join("\n");
    })
    .join("\n\n");
}

function headOf({ diagnosis: { samples, findings } }: DiagnosisRecord, label: string): readonly string[] {
  return [
    `diagnosis of ${label}, over ${samples} test sample${samples === 1 ? "" : "s"}`,
    ...findings.flatMap((finding) => wrapped(finding)),
  ];
}

function figuresOf({ diagnosis }: DiagnosisRecord): readonly string[] {
  const { all, weightsOnly, activationsOnly, layers, calibration, metric } = diagnosis;
  const row = (name: string, ...arms: readonly (DiagnosisArm | undefined)[]) => [
    name,
    ...arms.flatMap((arm) => (arm ? [dropText(arm.drop.value, metric), sqnrText(arm)] : [])),
  ];
  const shown = mostNoisy(layers);
  const left = layers.length - shown.length;
  const growth = calibration?.growth ?? [];
  const drop = metric === "relative_error" ? "error" : "drop";
  return [
    ...columns([
      ["", drop, "SQNR"],
      row("all", all),
      row("weights alone", weightsOnly),
      ...(activationsOnly ? [row("activations alone", activationsOnly)] : []),
    ]),
    ...(layers.length === 0
      ? []
      : [
          "",
          ...columns([
            ["layer", `alone: ${drop}`, "SQNR", `kept float: ${drop}`, "SQNR"],
            ...shown.map(({ layer, alone, kept }) => row(shortName(layer), alone, kept)),
          ]),
          ...(left > 0
            ? [`  and ${left} layer${left === 1 ? "" : "s"} that make${left === 1 ? "s" : ""} less noise`]
            : []),
        ]),
    ...(growth.length < 2
      ? []
      : [
          "",
          ...columns([
            ["calibration samples", "ranges off by", drop],
            ...growth.map((step) => [
              String(step.samples),
              `${(100 * step.rangeChange).toFixed(1)}%`,
              dropText(step.drop.value, metric),
            ]),
          ]),
        ]),
  ];
}

/** The noisiest layers, in the order of the model. */
function mostNoisy(layers: DiagnosisRecord["diagnosis"]["layers"]): DiagnosisRecord["diagnosis"]["layers"] {
  const sqnr = ({ alone }: (typeof layers)[number]) => alone.sqnrDb ?? Number.POSITIVE_INFINITY;
  const chosen = new Set(layers.toSorted((a, b) => sqnr(a) - sqnr(b)).slice(0, MOST_LAYERS));
  return layers.filter((layer) => chosen.has(layer));
}

function shortName(name: string): string {
  const characters = [...name];
  return characters.length <= LONGEST_NAME ? name : `${characters.slice(0, LONGEST_NAME - 1).join("")}…`;
}

function dropText(drop: number, metric: DiagnosisRecord["diagnosis"]["metric"]): string {
  if (metric === "mae") return Number(drop.toPrecision(3)).toString();
  if (metric === "relative_error") return `${errorPercent(drop)}%`;
  const text = (100 * drop).toFixed(1);
  return `${text === "-0.0" ? "0.0" : text}%`;
}

function sqnrText({ sqnrDb }: DiagnosisArm): string {
  return sqnrDb === null ? "exact" : `${sqnrDb.toFixed(1)} dB`;
}

/** The first column to the left, the others to the right, two spaces between. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => [...(row[i] ?? "")].length)));
  return rows.map((row) =>
    `  ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  ")}`.trimEnd(),
  );
}

const WIDTH = 80;

/** `  - a sentence` in lines of at most 80 columns. */
function wrapped(sentence: string): string[] {
  const lines: string[] = [];
  let line = "  -";
  for (const word of sentence.split(" ")) {
    if (line.length + 1 + word.length > WIDTH && line.trim() !== "-") {
      lines.push(line);
      line = `    ${word}`;
    } else line = `${line} ${word}`;
  }
  return [...lines, line];
}
