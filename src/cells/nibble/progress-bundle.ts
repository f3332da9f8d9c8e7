import { visible } from "../../base/visible.js";
import type { Column } from "../../report/columns.js";
import { escapeHtml } from "../../report/markup.js";
import { accuracyColumns, resourceColumns, speedColumns, tableRows } from "../../report/rows.js";
import type { TrialRecord } from "../../results/record.js";
import type { MimeBundle } from "../outputs.js";
import { doneTrials, type Progress, progressLine, recordNames } from "./progress.js";

/** What a running experiment shows: trials done and left, what runs now, and the trials that are finished. */
export function progressBundle(progress: Progress, at: number): MimeBundle {
  const name = visible(progress.plan.experiment);
  const line = progressLine(progress, at);
  const now =
    progress.now && progress.endedAt === undefined ? visible(`${progress.now.label}: ${progress.now.stage}`) : "";
  const table = tableOf(progress.records);
  const text = [`${name}: ${line}`, ...(now === "" ? [] : [`  ${now}`]), ...table.map((row) => `  ${row.join("  ")}`)];
  return { data: { "text/html": html(progress, name, line, now, table), "text/plain": text.join("\n") } };
}

/** What stands in its place at the end. @param report path of the page, as the user would type it */
export function finishedBundle(progress: Progress, at: number, report: string | undefined): MimeBundle {
  const { plan, earlier, total, records, endedAt, startedAt } = progress;
  const measured = `${records.length} of ${total} trials measured in ${seconds((endedAt ?? at) - startedAt)}`;
  const parts = [
    records.length === 0 && earlier > 0 ? `all ${earlier} finished trials are from earlier runs` : measured,
    ...(records.length > 0 && earlier > 0 ? [`${earlier} from earlier runs`] : []),
    ...(report === undefined ? [] : [`report: ${report}`]),
  ];
  const text = `${visible(plan.experiment)}: ${visible(parts.join("; "))}`;
  return { data: { "text/html": `<div style="${quiet}">${escapeHtml(text)}</div>`, "text/plain": text } };
}

const quiet = "opacity:.75;font-size:90%";

const seconds = (ms: number) => (ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`);

/** Header and rows of the finished trials; empty before there is one. */
function tableOf(records: readonly TrialRecord[]): readonly (readonly string[])[] {
  if (records.length === 0) return [];
  const rows = tableRows(records).filter(({ first }) => first);
  const columns = [...accuracyColumns(rows), ...speedColumns(rows), ...resourceColumns(rows)];
  const shown = new Map(rows.map(({ record }, i) => [record.trial, columns.map((column) => cellText(column, i))]));
  const names = recordNames(records);
  return [
    ["scheme", ...columns.map(({ header }) => header)],
    ...records.map(({ trial }, i) => [visible(names[i] ?? ""), ...(shown.get(trial) ?? [])]),
  ];
}

const cellText = ({ cells }: Column, row: number) => cells[row]?.value.text ?? "";

function html(
  progress: Progress,
  name: string,
  line: string,
  now: string,
  [header, ...rows]: readonly (readonly string[])[],
): string {
  const cells = (row: readonly string[], tag: "td" | "th") =>
    row
      .map((text, i) => `<${tag} style="text-align:${i === 0 ? "left" : "right"}">${escapeHtml(text)}</${tag}>`)
      .join("");
  const table = header
    ? `<table><thead><tr>${cells(header, "th")}</tr></thead><tbody>${rows
        .map((row) => `<tr>${cells(row, "td")}</tr>`)
        .join("")}</tbody></table>`
    : "";
  return [
    `<div><strong>${escapeHtml(name)}</strong> `,
    `<progress value="${doneTrials(progress)}" max="${progress.total}"></progress> ${escapeHtml(line)}</div>`,
    now === "" ? "" : `<div style="${quiet}">${escapeHtml(now)}</div>`,
    table,
  ].join("");
}
