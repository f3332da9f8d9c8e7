import { styleText } from "node:util";
import { type Column, type LaidOutTable, layOut, pad, type Text, type Tone, wrap } from "./columns.js";
import { labelsOf } from "./figures/chosen.js";
import { methodNotes } from "./method.js";
import { failedNotes, type Note, skippedNotes, trialNotes } from "./notes.js";
import type { Report } from "./report.js";
import { accuracyColumns, isBaseline, type Row, resourceColumns, speedColumns, tableRows, visible } from "./rows.js";
import { summary } from "./summary.js";
import { terminalWidth } from "./terminal-width.js";
import { trialFacts } from "./trial-facts.js";

export interface TableOptions {
  /** Columns of the terminal; 80 unless said, never less than 40. */
  readonly width?: number;
  /** Colours as terminal escapes; none unless asked for. */
  readonly colour?: boolean;
}

/** Names keep at least this much room. */
const LEAST_NAME_WIDTH = 14;

/**
 * The report as text for a terminal: the table, then what must be said of single trials, what failed and was skipped,
 * the expectations, and how the figures were got. Ends without a newline.
 */
export function renderTable(report: Report, options: TableOptions = {}): string {
  const width = Math.max(40, options.width ?? 80);
  const blocks = [
    heading(report, width),
    ...tables(report, width),
    summaryLines(report, width),
    notes(trialNotes(report.records), width, "strong"),
    section("failed", failedNotes(report.records), width, "bad"),
    section("skipped", skippedNotes(report.records), width, "dim"),
    expectations(report, width),
    notes(methodNotes(report), width, "dim"),
  ];
  const lines = blocks.filter((block) => block.length > 0).flatMap((block, i) => (i === 0 ? block : [[], ...block]));
  return lines.map((line) => line.map((part) => styled(part, options.colour === true)).join("")).join("\n");
}

/** Everything that the record of one completed trial says, and what was remarked on it, as text for a terminal. */
export function renderTrial({ records }: Report, trial: string, options: TableOptions = {}): string {
  const width = Math.max(40, options.width ?? 80);
  const found = records.find((record) => record.trial === trial);
  const facts = found?.status === "completed" ? trialFacts(found) : [];
  const own = found ? [found] : [];
  const lines = [
    [{ text: ` ${labelsOf(records)(trial)}`, tone: "strong" } as const],
    ...notes(facts, width, "dim"),
    ...[...trialNotes(own), ...failedNotes(own), ...skippedNotes(own)].flatMap(({ text }) =>
      wrap(text, width - 2).map((line): Line => [{ text: ` ${line}`, tone: "none" }]),
    ),
  ];
  return lines.map((line) => line.map((part) => styled(part, options.colour === true)).join("")).join("\n");
}

type Line = readonly Text[];

function heading({ experiment, model, data }: Report, width: number): readonly Line[] {
  const name = visible(experiment);
  const about = `${visible(model)} on ${visible(data)}`;
  if (terminalWidth(`${name}  ${about}`) < width) {
    return [
      [
        { text: ` ${name}`, tone: "strong" },
        { text: `  ${about}`, tone: "dim" },
      ],
    ];
  }
  const below = (text: string, tone: Tone) => wrap(text, width - 1).map((line): Line => [{ text: ` ${line}`, tone }]);
  return [...below(name, "strong"), ...below(about, "dim")];
}

function summaryLines({ records }: Report, width: number): readonly Line[] {
  return summary(records).flatMap((sentence) =>
    wrap(sentence, width - 3).map((text, i): Line => [{ text: `${i === 0 ? " " : "   "}${text}`, tone: "strong" }]),
  );
}

/**
 * One table; when that is too wide, what decides (accuracy, speed, size) above and the rest below; or, with several batch
 * sizes, accuracy and size above and speed below.
 */
function tables({ records }: Report, width: number): readonly (readonly Line[])[] {
  const rows = tableRows(records);
  const whole = [...accuracyColumns(rows), ...speedColumns(rows), ...resourceColumns(rows)];
  const table = setTable(rows, whole, width);
  if (table) return [table.lines];
  const firsts = rows.filter(({ first }) => first);
  const [size, ...rest] = resourceColumns(firsts);
  if (firsts.length === rows.length && size !== undefined && rest.length > 0) {
    const decisive = setTable(rows, [...accuracyColumns(rows), ...speedColumns(rows), size], width);
    if (decisive) return [decisive.lines, ...fittingTables(firsts, rest, width)];
  }
  const upper = [...accuracyColumns(firsts), ...resourceColumns(firsts)];
  return [...fittingTables(firsts, upper, width), ...fittingTables(rows, speedColumns(rows), width)];
}

/** As few tables as it takes, halving the columns of one that is too wide. */
function fittingTables(rows: readonly Row[], columns: readonly Column[], width: number): readonly (readonly Line[])[] {
  if (columns.length === 0) return [];
  const table = setTable(rows, columns, width);
  if (table) return [table.lines];
  if (columns.length === 1) return fittingTables(rows, columns, width * 2);
  const half = Math.ceil(columns.length / 2);
  return [columns.slice(0, half), columns.slice(half)].flatMap((part) => fittingTables(rows, part, width));
}

function setTable(rows: readonly Row[], columns: readonly Column[], width: number): LaidOutTable | undefined {
  if (columns.length === 0) return undefined;
  const names = rows.map(({ label, first, record }) => ({
    text: first ? label : "",
    tone: isBaseline(record) ? ("dim" as const) : ("none" as const),
  }));
  return layOut({ header: "scheme", names, leastWidth: LEAST_NAME_WIDTH }, columns, width);
}

function section(title: string, list: readonly Note[], width: number, tone: Tone): readonly Line[] {
  if (list.length === 0) return [];
  return [[{ text: ` ${title}`, tone }], ...notes(list, width, "none", 3)];
}

/** Labels in one column, their text wrapped beside them. */
function notes(list: readonly Note[], width: number, labelTone: Tone, indent = 1): readonly Line[] {
  if (list.length === 0) return [];
  const widest = Math.max(...list.map(({ label }) => terminalWidth(label)));
  const labelWidth = Math.min(widest, Math.floor(width / 3));
  return list.flatMap(({ label, text }) => {
    const names = wrap(label, labelWidth);
    const texts = wrap(text, width - indent - labelWidth - 2);
    return Array.from({ length: Math.max(names.length, texts.length) }, (_, i): Line => {
      const name = `${" ".repeat(indent)}${pad(names[i] ?? "", labelWidth)}  `;
      return [
        { text: texts[i] === undefined ? name.trimEnd() : name, tone: labelTone },
        { text: texts[i] ?? "", tone: labelTone === "dim" ? "dim" : "none" },
      ];
    });
  });
}

function expectations({ expectations: results = [] }: Report, width: number): readonly Line[] {
  if (results.length === 0) return [];
  const lines = results.flatMap(({ met, resolved, sentence }): Line[] => {
    const mark = met ? (resolved ? "ok" : "ok?") : "NO";
    const tone = met ? ("good" as const) : ("bad" as const);
    return wrap(visible(sentence), width - 8).map((text, i) => [
      { text: `   ${(i === 0 ? mark : "").padEnd(3)}  `, tone },
      { text, tone: "none" },
    ]);
  });
  return [[{ text: " expected", tone: "strong" }], ...lines];
}

const styles = { good: "green", bad: "red", dim: "dim", strong: "bold" } as const;

function styled({ text, tone }: Text, colour: boolean): string {
  return !colour || tone === "none" || text === "" ? text : styleText(styles[tone], text, { validateStream: false });
}
