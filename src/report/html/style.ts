const light =
  "--ground: #ffffff; --panel: #f6f7f9; --text: #1c2026; --quiet: #5c6470; --line: #d9dde3; --grid: #e6e9ee; --good: #00714f; --bad: #b0350a; --accent: #0072b2;";
const dark =
  "--ground: #14171c; --panel: #1c2027; --text: #e4e7ec; --quiet: #9aa3b0; --line: #343b46; --grid: #2a303a; --good: #3ecf9b; --bad: #ff8a5c; --accent: #56b4e9;";

/** The report's style sheet: light and dark by the reader's setting, readable at any width and on paper. */
export const style = `
:root { color-scheme: light dark; ${light} }
@media (prefers-color-scheme: dark) { :root { ${dark} } }
:root[data-theme="light"] { color-scheme: light; ${light} }
:root[data-theme="dark"] { color-scheme: dark; ${dark} }
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 68rem; background: var(--ground); color: var(--text);
  font: 16px/1.55 system-ui, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif;
}
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; }
h3 { font-size: 1rem; margin: 0 0 .15rem; }
header { display: flex; justify-content: space-between; align-items: flex-start; gap: 1rem; }
button {
  font: inherit; font-size: .85em; color: var(--text); background: var(--panel); border: 1px solid var(--line);
  border-radius: 6px; padding: .25rem .6rem; cursor: pointer; white-space: nowrap;
}
.summary { padding-left: 1.2rem; margin: .5rem 0 1.25rem; font-size: 1.05em; }
.summary li { margin: .15rem 0; }
p { margin: .25rem 0 .75rem; }
.quiet, figcaption, dt, th small, td small { color: var(--quiet); }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .5rem .75rem; text-align: right; vertical-align: top; white-space: nowrap; }
thead th { background: var(--panel); font-weight: 600; border-bottom: 1px solid var(--line); }
tbody tr + tr > * { border-top: 1px solid var(--line); }
tbody tr.further > * { border-top: 0; }
td.long { white-space: normal; min-width: 18rem; text-align: left; }
th:first-child { text-align: left; font-weight: 600; }
tbody th { white-space: normal; overflow-wrap: anywhere; min-width: 9rem; }
td small { display: block; font-size: .82em; }
.good { color: var(--good); font-weight: 600; }
.bad { color: var(--bad); font-weight: 600; }
.dim { color: var(--quiet); }
figure { margin: 0 0 1rem; border: 1px solid var(--line); border-radius: 8px; padding: .75rem; }
figcaption { font-size: .9em; margin-bottom: .25rem; }
.plot { width: 100%; }
.static svg { display: block; width: 100%; height: auto; }
.drawn .static { display: none; }
.nibble-fill-ground { fill: var(--ground); } .nibble-fill-text { fill: var(--text); } .nibble-fill-quiet { fill: var(--quiet); }
.nibble-stroke-line { stroke: var(--line); } .nibble-stroke-grid { stroke: var(--grid); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1rem; margin: .5rem 0; }
dt, dd { margin: 0; overflow-wrap: anywhere; }
pre {
  margin: .5rem 0; padding: 1rem; overflow-x: auto; background: var(--panel); border: 1px solid var(--line);
  border-radius: 8px; font: 13.5px/1.5 ui-monospace, "Cascadia Code", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
details { margin: .75rem 0; }
summary { cursor: pointer; }
code { font: .92em ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
@media (max-width: 40rem) {
  body { padding: 1.25rem .75rem 3rem; font-size: 15px; }
  th, td { padding: .45rem .55rem; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .5rem; }
  figure { padding: .5rem; }
}
@media print {
  :root, :root[data-theme] { color-scheme: light; ${light} }
  body { padding: 0; max-width: none; font-size: 10.5pt; }
  button { display: none; }
  .live { display: none !important; }
  .drawn .static { display: block; }
  figure, tr, dt, dd { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .scroll { overflow: visible; }
  table { font-size: 8.5pt; }
  td, th { white-space: normal; padding: .2rem .3rem; }
  tbody th { min-width: 6rem; }
}
`;
