import type { TrialRecord } from "../results/record.js";
import type { Column } from "./columns.js";
import { chosenTrials, labelsOf } from "./figures/chosen.js";
import { escapeHtml, escapeMarkdown } from "./markup.js";
import { methodNotes } from "./method.js";
import { failedNotes, type Note, skippedNotes, trialNotes } from "./notes.js";
import type { Report } from "./report.js";
import { accuracyColumns, isBaseline, resourceColumns, speedColumns, tableRows } from "./rows.js";
import { summary } from "./summary.js";
import { trialFacts } from "./trial-facts.js";

/** GitHub shows no comment of more than 65,536 characters: of more trials than these only some have a row, and facts. */
const MOST_ROWS = 60;
const MOST_FACTS = 12;
/** Lines of each list of remarks. */
const MOST_NOTES = 25;

/** The report for a pull request: what won, one table with intervals, what must be said, and the rest folded. GitHub-flavoured; ends with a newline. */
export function renderMarkdown(report: Report): string {
  const { records, expectations = [] } = report;
  const expected = expectations.map(({ met, sentence }) => ({ label: met ? "met" : "NOT met", text: sentence }));
  const blocks = [
    `**${escapeMarkdown(report.experiment)}**: ${escapeMarkdown(report.model)} on ${escapeMarkdown(report.data)}`,
    summary(records).map(escapeMarkdown).join(" "),
    table(report),
    list(expected),
    list(trialNotes(records)),
    list(failedNotes(records).map(({ label, text }) => ({ label, text: `failed: ${text}` }))),
    list(skippedNotes(records).map(({ label, text }) => ({ label, text: `skipped: ${text}` }))),
    findings(report),
    details(records),
    small(methodNotes(report)),
  ];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

function table({ records }: Report): string {
  const { trials, note } = chosenTrials(records, () => true, MOST_ROWS);
  const kept =
    note === ""
      ? records
      : records.filter((record) => isBaseline(record) || trials.some(({ trial }) => trial === record.trial));
  const rows = tableRows(kept, records);
  const columns = [...accuracyColumns(rows), ...speedColumns(rows), ...resourceColumns(rows)];
  if (rows.length === 0) return "";
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    line(["scheme", ...columns.map(({ header }) => header)]),
    line(["---", ...columns.map(() => "---:")]),
    ...rows.map(({ label, first }, row) =>
      line([first ? escapeMarkdown(label) : "", ...columns.map((column) => cellText(column, row))]),
    ),
    ...(note === "" ? [] : ["", `Shown: ${note}`]),
  ].join("\n");
}

function cellText({ cells }: Column, row: number): string {
  const cell = cells[row];
  if (!cell) return "";
  return cell.detail ? `${cell.value.text} (${cell.detail.text})` : cell.value.text;
}

function list(notes: readonly Note[]): string {
  const shown = notes
    .slice(0, MOST_NOTES)
    .map(({ label, text }) => `- **${escapeMarkdown(label)}** ${escapeMarkdown(text)}`);
  return [...shown, ...(notes.length > MOST_NOTES ? [`- and ${notes.length - MOST_NOTES} more`] : [])].join("\n");
}

function findings({ records, diagnoses = [] }: Report): string {
  const label = labelsOf(records);
  return list(
    diagnoses.flatMap(({ trial, diagnosis }) =>
      diagnosis.findings.map((text) => ({ label: `${label(trial)}, diagnosed:`, text })),
    ),
  );
}

/** What a record says beyond the table, folded a trial; of many trials for those that stand out. */
function details(records: readonly TrialRecord[]): string {
  const { trials } = chosenTrials(records, () => true, MOST_FACTS);
  const label = labelsOf(records);
  return trials
    .map((record) => {
      const facts = trialFacts(record).map((note) => `- ${escapeMarkdown(note.label)}: ${escapeMarkdown(note.text)}`);
      return `<details><summary>${escapeHtml(label(record.trial))}</summary>\n\n${facts.join("\n")}\n\n</details>`;
    })
    .join("\n");
}

function small(notes: readonly Note[]): string {
  if (notes.length === 0) return "";
  return `<sub>${notes.map(({ label, text }) => `${label}: ${escapeMarkdown(text)}`).join("<br>")}</sub>`;
}
