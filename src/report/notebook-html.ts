import type { TrialRecord } from "../results/record.js";
import type { Cell, Column, Tone } from "./columns.js";
import { escapeHtml } from "./markup.js";
import { methodNotes } from "./method.js";
import { failedNotes, type Note, skippedNotes, trialNotes } from "./notes.js";
import type { Report } from "./report.js";
import { accuracyColumns, resourceColumns, speedColumns, tableRows, visible } from "./rows.js";
import { summary } from "./summary.js";

// Frontends strip style sheets and scripts, so styles stand in the elements. Colours can be read on white and on black;
// everything else takes its colour from the page.
const colours: Readonly<Record<Tone, string>> = {
  good: "color:#078a5e;font-weight:600",
  bad: "color:#d1431a;font-weight:600",
  dim: "opacity:.7",
  strong: "font-weight:600",
  none: "",
};
const quiet = "opacity:.7";
const rule = "1px solid rgba(128,128,128,.35)";

/** The report as HTML for a cell of a notebook: heading, table, remarks, expectations; how it was measured is folded. */
export function notebookHtml(report: Report): string {
  const { experiment, model, data, records } = report;
  const about = `${visible(model)} on ${visible(data)}`;
  const parts = [
    `<div style="margin:0 0 .4em"><strong>${escapeHtml(visible(experiment))}</strong> <span style="${quiet}">${escapeHtml(about)}</span></div>`,
    summaryList(records),
    table(report),
    expectations(report),
    notes("Remarks", trialNotes(records)),
    notes("Failed", failedNotes(records)),
    notes("Skipped", skippedNotes(records)),
    folded("How this was measured", methodNotes(report)),
  ];
  return `<div style="max-width:100%">\n${parts.filter((part) => part !== "").join("\n")}\n</div>`;
}

function summaryList(records: readonly TrialRecord[]): string {
  const list = summary(records).map((sentence) => `<li>${escapeHtml(sentence)}</li>`);
  return list.length === 0 ? "" : `<ul style="${listStyle}">${list.join("\n")}</ul>`;
}

function table({ records }: Report): string {
  const rows = tableRows(records);
  if (rows.length === 0) return "<p>No trial was completed.</p>";
  const columns = [...accuracyColumns(rows), ...speedColumns(rows), ...resourceColumns(rows)];
  const head = columns.map(({ header }) => `<th style="${cellStyle("right")}">${escapeHtml(header)}</th>`).join("");
  const body = rows.map(({ label, first }, row) => {
    const border = first ? `border-top:${rule};` : "";
    const name = `<th style="${border}${cellStyle("left")};white-space:normal;font-weight:600">${first ? escapeHtml(label) : ""}</th>`;
    return `<tr>${name}${columns.map((column) => cellHtml(column, row, border)).join("")}</tr>`;
  });
  return [
    '<div style="overflow-x:auto">',
    '<table style="border-collapse:collapse;margin:0;font-variant-numeric:tabular-nums">',
    `<thead><tr><th style="${cellStyle("left")}">scheme</th>${head}</tr></thead>`,
    `<tbody>\n${body.join("\n")}\n</tbody></table></div>`,
    `<div style="${quiet};font-size:85%;margin:.3em 0">Small figures are 95% intervals; those of size, cost and energy are the change against fp32.</div>`,
  ].join("\n");
}

function cellStyle(align: "left" | "right"): string {
  return `text-align:${align};vertical-align:top;padding:.35em .8em;white-space:nowrap`;
}

function cellHtml({ cells }: Column, row: number, border: string): string {
  return `<td style="${border}${cellStyle("right")}">${content(cells[row])}</td>`;
}

function content(cell: Cell | undefined): string {
  if (!cell) return "";
  const { text, tone } = cell.value;
  const value = colours[tone] === "" ? escapeHtml(text) : `<span style="${colours[tone]}">${escapeHtml(text)}</span>`;
  return cell.detail ? `${value}<br><small style="${quiet}">${escapeHtml(cell.detail.text)}</small>` : value;
}

function expectations({ expectations: results = [] }: Report): string {
  if (results.length === 0) return "";
  const items = results.map(({ met, resolved, sentence }) => {
    const [tone, word] = met ? ["good" as const, resolved ? "met" : "met?"] : ["bad" as const, "not met"];
    return `<li><span style="${colours[tone]}">${word}</span> ${escapeHtml(visible(sentence))}</li>`;
  });
  return section("Expected", items);
}

function notes(title: string, list: readonly Note[]): string {
  return list.length === 0 ? "" : section(title, items(list));
}

function items(list: readonly Note[]): readonly string[] {
  return list.map(({ label, text }) => `<li><strong>${escapeHtml(label)}</strong> ${escapeHtml(text)}</li>`);
}

const listStyle = "margin:.1em 0 .3em;padding-left:1.4em";

function section(title: string, list: readonly string[]): string {
  return `<div style="margin:.5em 0 0">${title}</div>\n<ul style="${listStyle}">${list.join("\n")}</ul>`;
}

function folded(title: string, list: readonly Note[]): string {
  if (list.length === 0) return "";
  return `<details style="margin:.5em 0 0"><summary style="cursor:pointer;${quiet}">${title}</summary>\n<ul style="${listStyle}">${items(list).join("\n")}</ul></details>`;
}
