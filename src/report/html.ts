import type { TrialRecord } from "../results/record.js";
import type { Cell, Column } from "./columns.js";
import { labelsOf } from "./figures/chosen.js";
import { pageFigures, type ReportFigure } from "./figures/registry.js";
import { figureGroups } from "./html/figures.js";
import { definitionList, definitions } from "./html/parts.js";
import { script } from "./html/script.js";
import { style } from "./html/style.js";
import { accuracyTable, gapTable, layerTable, sizeTable, speedTable } from "./html/tables.js";
import { escapeHtml, scriptJson } from "./markup.js";
import { methodNotes } from "./method.js";
import { failedNotes, skippedNotes, trialNotes } from "./notes.js";
import { protocolTexts } from "./protocol.js";
import type { Report } from "./report.js";
import { accuracyColumns, resourceColumns, speedColumns, tableRows, visible } from "./rows.js";
import { summary } from "./summary.js";
import { trialFacts } from "./trial-facts.js";

export interface HtmlOptions {
  /** The text of plotly.js, put into the page once: the report works without a network. */
  readonly plotly: string;
}

/**
 * The report as one HTML file that needs nothing else. All text of the user's is escaped, and the page's own policy
 * lets it load nothing from anywhere.
 */
export function renderHtml(report: Report, { plotly }: HtmlOptions): string {
  const { experiment, model, data, records } = report;
  const figures = pageFigures(report);
  const title = visible(experiment);
  const body = [
    `<header><div><h1>${escapeHtml(title)}</h1><p class="quiet">${escapeHtml(visible(model))} on ${escapeHtml(visible(data))}</p></div><button type="button" id="theme" hidden>light / dark</button></header>`,
    summaryList(records),
    table(report),
    expectations(report),
    definitions("Remarks", trialNotes(records)),
    definitions("Failed", failedNotes(records)),
    definitions("Skipped", skippedNotes(records)),
    ...figureGroups(figures, besides(report)),
    definitions("How this was measured", methodNotes(report)),
    protocol(records),
    details(records),
    program(report),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; form-action 'none'; base-uri 'none'">
<meta name="generator" content="Nibble">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
${body.filter((part) => part !== "").join("\n")}
${figures.length > 0 ? scripts(figures, plotly) : ""}
</body>
</html>
`;
}

function scripts(figures: readonly ReportFigure[], plotly: string): string {
  return [
    `<script type="application/json" id="figures">${scriptJson(figures.map(({ figure }) => figure))}</script>`,
    // A string in plotly's text must not end the element early.
    `<script>${plotly.replace(/<\/(script)/gi, "<\\/$1")}</script>`,
    `<script>${script}</script>`,
  ].join("\n");
}

function summaryList(records: readonly TrialRecord[]): string {
  const items = summary(records).map((sentence) => `<li>${escapeHtml(sentence)}</li>`);
  return items.length === 0 ? "" : `<ul class="summary">${items.join("")}</ul>`;
}

/** How Nibble measures, for a reader who has never seen it; only of what this report shows. */
function protocol(records: readonly TrialRecord[]): string {
  const texts = protocolTexts(records);
  if (texts.length === 0) return "";
  return `<details><summary>The protocol</summary>${texts.map((text) => `<p>${escapeHtml(text)}</p>`).join("")}</details>`;
}

function table({ records }: Report): string {
  const rows = tableRows(records);
  if (rows.length === 0) return "<p>No trial was completed.</p>";
  const columns = [...accuracyColumns(rows), ...speedColumns(rows), ...resourceColumns(rows)];
  const head = ["scheme", ...columns.map(({ header }) => header)]
    .map((name) => `<th scope="col">${name}</th>`)
    .join("");
  const body = rows.map(({ label, first }, row) => {
    const name = `<th scope="row">${first ? escapeHtml(label) : ""}</th>`;
    const cells = columns.map((column: Column) => `<td>${cell(column.cells[row])}</td>`).join("");
    return `<tr${first ? "" : ' class="further"'}>${name}${cells}</tr>`;
  });
  return `<div class="scroll" role="region" aria-label="Results" tabindex="0"><table>
<thead><tr>${head}</tr></thead>
<tbody>
${body.join("\n")}
</tbody></table></div>
<p class="quiet">Small figures are 95% intervals; those of size, cost and energy are the change against fp32.</p>`;
}

function cell(value: Cell | undefined): string {
  if (!value) return "";
  const { text, tone } = value.value;
  const shown = tone === "none" ? escapeHtml(text) : `<span class="${tone}">${escapeHtml(text)}</span>`;
  return value.detail ? `${shown}<small>${escapeHtml(value.detail.text)}</small>` : shown;
}

function expectations({ expectations: results = [] }: Report): string {
  if (results.length === 0) return "";
  const items = results.map(({ met, resolved, sentence }) => {
    const mark = met ? `<span class="good">${resolved ? "met" : "met?"}</span>` : '<span class="bad">not met</span>';
    return `<dt>${mark}</dt><dd>${escapeHtml(visible(sentence))}</dd>`;
  });
  return `<section><h2>Expected</h2><dl>${items.join("")}</dl></section>`;
}

/** What stands beside the figures of a group: the same values as tables, and what diagnoses found. */
function besides({ records, diagnoses = [] }: Report): (title: string) => string {
  const completed = records.filter((record) => record.status === "completed");
  const label = labelsOf(records);
  const findings = diagnoses.flatMap(({ trial, diagnosis }) =>
    diagnosis.findings.map((finding) => ({ label: label(trial), text: visible(finding) })),
  );
  return (title) => {
    if (title === "Why speed moves") return speedTable(completed, records);
    if (title !== "Why accuracy moves") return "";
    return [
      findings.length > 0 ? definitionList(findings) : "",
      accuracyTable(completed, records),
      layerTable(completed, records),
      gapTable(completed, records),
    ].join("");
  };
}

/** Each trial with all that its record says, what the files hold, and what was hashed. */
function details(records: readonly TrialRecord[]): string {
  const completed = records.filter((record) => record.status === "completed");
  const first = records[0];
  const label = labelsOf(records);
  const trials = completed.map(
    (record) =>
      `<details><summary>${escapeHtml(label(record.trial))}</summary>${definitionList(trialFacts(record))}</details>`,
  );
  const parts = [...trials, sizeTable(completed, records), first ? manifest(first) : ""].filter((part) => part !== "");
  return parts.length === 0 ? "" : `<section><h2>Details of each trial</h2>${parts.join("\n")}</section>`;
}

function manifest({ manifest: { plan, model, data, seed, environment } }: TrialRecord): string {
  const { nibble, node, engine, tfjs, cpu, cpuFlags, cores, platform } = environment;
  const facts = { plan, model, data, seed, nibble, node, engine, "TF.js": tfjs, cpu, cores, platform };
  const items = Object.entries({ ...facts, "instruction sets": cpuFlags.join(" ") }).map(
    ([name, value]) => `<dt>${name}</dt><dd><code>${escapeHtml(visible(String(value)))}</code></dd>`,
  );
  return `<details><summary>Versions, machine and hashes</summary><dl>${items.join("")}</dl></details>`;
}

function program({ program: source }: Report): string {
  if (!source) return "";
  return `<section><h2>Program</h2><p class="quiet">${escapeHtml(visible(source.path))}</p><pre><code>${escapeHtml(source.text)}</code></pre></section>`;
}
