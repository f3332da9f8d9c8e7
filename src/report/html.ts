import { trialLabels } from "../results/label.js";
import type { CompletedRecord, TrialRecord } from "../results/record.js";
import { bytes, fixed } from "../results/units.js";
import type { Cell, Column } from "./columns.js";
import { layerOrder, orderedLayers } from "./figures/layers.js";
import { reportFigures } from "./figures/registry.js";
import type { TitledFigure } from "./figures/titled.js";
import { stepText } from "./gap.js";
import { script } from "./html-script.js";
import { style } from "./html-style.js";
import { escapeHtml, scriptJson } from "./markup.js";
import { methodNotes } from "./method.js";
import { failedNotes, type Note, skippedNotes, trialNotes } from "./notes.js";
import type { Report } from "./report.js";
import { accuracyColumns, resourceColumns, speedColumns, tableRows, visible } from "./rows.js";

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
  const figures = reportFigures(report);
  const title = visible(experiment);
  const body = [
    `<header><h1>${escapeHtml(title)}</h1><p class="quiet">${escapeHtml(visible(model))} on ${escapeHtml(visible(data))}</p></header>`,
    table(report),
    definitions("Remarks", trialNotes(records)),
    definitions("Failed", failedNotes(records)),
    definitions("Skipped", skippedNotes(records)),
    expectations(report),
    ...figures.map(plot),
    definitions("How this was measured", methodNotes(report)),
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

function scripts(figures: readonly TitledFigure[], plotly: string): string {
  return [
    `<script type="application/json" id="figures">${scriptJson(figures.map(({ figure }) => figure))}</script>`,
    // A string in plotly's text must not end the element early.
    `<script>${plotly.replace(/<\/(script)/gi, "<\\/$1")}</script>`,
    `<script>${script}</script>`,
  ].join("\n");
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
<p class="quiet">Small figures are 95% intervals; a size's is its change against fp32.</p>`;
}

function cell(value: Cell | undefined): string {
  if (!value) return "";
  const { text, tone } = value.value;
  const shown = tone === "none" ? escapeHtml(text) : `<span class="${tone}">${escapeHtml(text)}</span>`;
  return value.detail ? `${shown}<small>${escapeHtml(value.detail.text)}</small>` : shown;
}

function definitions(title: string, notes: readonly Note[]): string {
  return notes.length === 0 ? "" : `<section><h2>${title}</h2>${definitionList(notes)}</section>`;
}

function definitionList(notes: readonly Note[]): string {
  const items = notes.map(({ label, text }) => `<dt>${escapeHtml(label)}</dt><dd>${escapeHtml(text)}</dd>`);
  return `<dl>${items.join("")}</dl>`;
}

function expectations({ expectations: results = [] }: Report): string {
  if (results.length === 0) return "";
  const items = results.map(({ met, resolved, sentence }) => {
    const mark = met ? `<span class="good">${resolved ? "met" : "met?"}</span>` : '<span class="bad">not met</span>';
    return `<dt>${mark}</dt><dd>${escapeHtml(visible(sentence))}</dd>`;
  });
  return `<section><h2>Expected</h2><dl>${items.join("")}</dl></section>`;
}

function plot({ title, caption, figure }: TitledFigure, index: number): string {
  // A long legend takes room from the plot, so the plot gets taller with it.
  const height = 28 + 0.45 * figure.data.length;
  return `<section><h2>${escapeHtml(title)}</h2><figure><figcaption>${escapeHtml(caption)}</figcaption>
<div class="plot" id="plot-${index}" style="height: ${height.toFixed(1)}rem" role="img" aria-label="${escapeHtml(`${title}. ${caption} The tables hold the same figures.`)}"></div></figure></section>`;
}

/** Layers as a table, what each trial's file holds, and what was hashed. */
function details(records: readonly TrialRecord[]): string {
  const completed = records.filter((record) => record.status === "completed");
  const first = records[0];
  const parts = [layerTable(completed), gapTable(completed), sizeTable(completed), first ? manifest(first) : ""].filter(
    (part) => part !== "",
  );
  return parts.length === 0 ? "" : `<section><h2>Details</h2>${parts.join("\n")}</section>`;
}

function layerTable(records: readonly CompletedRecord[]): string {
  const shown = records.filter(({ layers }) => layers?.some(({ sqnrDb }) => sqnrDb !== null));
  const layers = layerOrder(shown);
  if (layers.length === 0) return "";
  const rows = layers.map((layer) => [
    visible(layer),
    ...shown.map((record) => {
      const found = record.layers?.find((result) => result.layer === layer);
      return found === undefined ? "" : found.sqnrDb === null ? "exact" : fixed(found.sqnrDb, 1);
    }),
  ]);
  return folded("SQNR of each layer, dB", ["layer", ...namesOf(shown, records)], rows);
}

/** Layers without a value that is quantized have no row. */
function gapTable(records: readonly CompletedRecord[]): string {
  const shown = records.filter(({ gap }) => gap !== undefined);
  const names = orderedLayers(shown.map(({ gap }) => gap?.layers ?? []));
  if (names.length === 0) return "";
  const rows = names.map((layer) => [
    visible(layer),
    ...shown.map(({ gap }) => {
      const found = gap?.layers.find((each) => each.layer === layer);
      return found === undefined ? "" : stepText(found.maxSteps);
    }),
  ]);
  return folded(
    "Simulated and executed: largest difference in each layer, steps of quantization",
    ["layer", ...namesOf(shown, records)],
    rows,
  );
}

function sizeTable(records: readonly CompletedRecord[]): string {
  const shown = records.filter(({ size }) => size !== undefined);
  if (shown.length === 0) return "";
  const names = namesOf(shown, records);
  const rows = shown.map(({ size, attestation }, i) => [
    names[i] ?? "",
    ...(size ? [size.codes, size.scales, size.zeroPoints, size.float, size.other].map(bytes) : []),
    `${attestation.integerNodes} / ${attestation.floatNodes}`,
    attestation.reason,
  ]);
  const head = ["scheme", "codes", "scales", "zero points", "float", "other", "integer / float nodes", "attestation"];
  return folded("What the files hold and what ran as integers", head, rows);
}

function namesOf(shown: readonly CompletedRecord[], all: readonly TrialRecord[]): readonly string[] {
  const labels = trialLabels(all);
  return shown.map(({ trial }) => visible(labels.get(trial) ?? trial));
}

function folded(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const headCells = head.map((name) => `<th scope="col">${escapeHtml(name)}</th>`).join("");
  const bodyRows = rows.map(([name = "", ...cells]) => {
    const rest = cells.map((text) => `<td>${escapeHtml(visible(text))}</td>`).join("");
    return `<tr><th scope="row">${escapeHtml(name)}</th>${rest}</tr>`;
  });
  return `<details><summary>${escapeHtml(title)}</summary><div class="scroll" role="region" aria-label="${escapeHtml(title)}" tabindex="0"><table>
<thead><tr>${headCells}</tr></thead><tbody>${bodyRows.join("\n")}</tbody></table></div></details>`;
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
