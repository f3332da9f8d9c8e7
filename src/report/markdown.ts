import type { Column } from "./columns.js";
import { escapeMarkdown } from "./markup.js";
import { methodNotes } from "./method.js";
import { failedNotes, type Note, skippedNotes, trialNotes } from "./notes.js";
import type { Report } from "./report.js";
import { accuracyColumns, resourceColumns, speedColumns, tableRows } from "./rows.js";

/** The report for a pull request: one table with intervals, then notes. GitHub-flavoured; ends with a newline. */
export function renderMarkdown(report: Report): string {
  const { records, expectations = [] } = report;
  const expected = expectations.map(({ met, sentence }) => ({ label: met ? "met" : "NOT met", text: sentence }));
  const blocks = [
    `**${escapeMarkdown(report.experiment)}**: ${escapeMarkdown(report.model)} on ${escapeMarkdown(report.data)}`,
    table(report),
    list(trialNotes(records)),
    list(failedNotes(records).map(({ label, text }) => ({ label, text: `failed: ${text}` }))),
    list(skippedNotes(records).map(({ label, text }) => ({ label, text: `skipped: ${text}` }))),
    list(expected),
    small(methodNotes(report)),
  ];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

function table({ records }: Report): string {
  const rows = tableRows(records);
  const columns = [...accuracyColumns(rows), ...speedColumns(rows), ...resourceColumns(rows)];
  if (rows.length === 0) return "";
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    line(["scheme", ...columns.map(({ header }) => header)]),
    line(["---", ...columns.map(() => "---:")]),
    ...rows.map(({ label, first }, row) =>
      line([first ? escapeMarkdown(label) : "", ...columns.map((column) => cellText(column, row))]),
    ),
  ].join("\n");
}

function cellText({ cells }: Column, row: number): string {
  const cell = cells[row];
  if (!cell) return "";
  return cell.detail ? `${cell.value.text} (${cell.detail.text})` : cell.value.text;
}

function list(notes: readonly Note[]): string {
  return notes.map(({ label, text }) => `- **${escapeMarkdown(label)}** ${escapeMarkdown(text)}`).join("\n");
}

function small(notes: readonly Note[]): string {
  if (notes.length === 0) return "";
  return `<sub>${notes.map(({ label, text }) => `${label}: ${escapeMarkdown(text)}`).join("<br>")}</sub>`;
}
