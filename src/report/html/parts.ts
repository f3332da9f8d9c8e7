import { escapeHtml } from "../markup.js";
import type { Note } from "../notes.js";
import { visible } from "../rows.js";

/** A heading and a list of names with their sentences; nothing for an empty list. */
export function definitions(title: string, notes: readonly Note[]): string {
  return notes.length === 0 ? "" : `<section><h2>${escapeHtml(title)}</h2>${definitionList(notes)}</section>`;
}

export function definitionList(notes: readonly Note[]): string {
  const items = notes.map(({ label, text }) => `<dt>${escapeHtml(label)}</dt><dd>${escapeHtml(text)}</dd>`);
  return `<dl>${items.join("")}</dl>`;
}

/** A table that is folded under its title; the first cell of a row is its name. */
export function folded(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const headCells = head.map((name) => `<th scope="col">${escapeHtml(name)}</th>`).join("");
  const bodyRows = rows.map(([name = "", ...cells]) => {
    const rest = cells
      .map((text) => `<td${text.length > 40 ? ' class="long"' : ""}>${escapeHtml(visible(text))}</td>`)
      .join("");
    return `<tr><th scope="row">${escapeHtml(name)}</th>${rest}</tr>`;
  });
  return `<details><summary>${escapeHtml(title)}</summary><div class="scroll" role="region" aria-label="${escapeHtml(title)}" tabindex="0"><table>
<thead><tr>${headCells}</tr></thead><tbody>${bodyRows.join("\n")}</tbody></table></div></details>`;
}
