import { describe, expect, test } from "vitest";
import { renderHtml } from "../../src/report/html.js";
import { renderMarkdown } from "../../src/report/markdown.js";
import { readPlotlySource } from "../../src/report/plotly.js";
import type { Report } from "../../src/report/report.js";
import { report, sweep } from "./fixtures/sweep.js";

const page = renderHtml(report, { plotly: "/* plotly */" });

/** The page without style and scripts, tags taken out: what a reader sees. */
function textOf(html: string): string {
  return html
    .replace(/<(style|script)[^>]*>.*?<\/\1>/gs, "")
    .replace(/<[^>]+>/g, " ")
    .replace(/\s+/g, " ");
}

test("the page holds the table, the reasons, the expectations, the plots and the program", () => {
  const text = textOf(page);
  for (const part of [
    "precision_sweep digits_cnn on digits",
    "static entropy 94.2% 91.3–96.2 3.3% 1.6 to 5.8 14 2.91x 2.87–2.96 0.210 41.2 kB -73.9%",
    "dynamic slower than fp32: 0.41x",
    "w4_wide accuracy: the model gives NaN for sample 17",
    "w3 no engine here executes int3 weights",
    "not met static.accuracy_drop &lt; 1%: not met by static entropy (3.33%)",
    "dense_1 42.7 35.0 31.2 22.8 35.9 46.0 24.1",
    "experiment precision_sweep {",
    "sha256:90aa",
  ]) {
    expect(text).toContain(part);
  }
  expect(page.match(/class="plot"/g)?.length).toBe(3);
  expect(page.match(/\/\* plotly \*\//g)?.length).toBe(1);
});

test("the page loads nothing: no address but in plotly's own text, and a policy that forbids it", () => {
  expect(page).not.toMatch(/\b(src|href|action)=/);
  expect(page).not.toMatch(/https?:/);
  expect(page).toContain("default-src 'none'");
  expect(page).toContain('"sendChartToCloud"');
});

test("the real plotly goes in whole, once, without ending its element", () => {
  const plotly = readPlotlySource();
  const whole = renderHtml(report, { plotly });
  expect(whole.length).toBeLessThan(plotly.length + 90_000);
  expect(whole.match(/<script/g)?.length).toBe(3 + (plotly.match(/<script/g)?.length ?? 0));
  expect(whole.match(/<\/script>/gi)?.length).toBe(3);
});

describe("names and texts that are markup", () => {
  const attack = `"><script>alert(1)</script><img src=x onerror=alert(1)>'&`;
  const hostile: Report = {
    ...report,
    experiment: attack,
    model: attack,
    data: attack,
    program: { path: attack, text: attack },
    records: sweep.map((record) => ({
      ...record,
      scheme: { ...record.scheme, name: `${record.scheme.name}${attack}` },
      ...(record.status === "skipped" ? { reason: attack } : {}),
      ...(record.status === "completed" ? { layers: [{ layer: attack, sqnrDb: 12 }] } : {}),
    })),
    expectations: (report.expectations ?? []).map((result) => ({ ...result, sentence: attack })),
  };

  test("stay text in the page", () => {
    const html = renderHtml(hostile, { plotly: "const s = '</script><script>alert(2)</SCRIPT>';" });
    expect(html.match(/<script/g)?.length).toBe(4);
    expect(html.match(/<\/script>/gi)?.length).toBe(3);
    expect(html).not.toContain("<img");
    expect(html).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    const figures = /<script type="application\/json" id="figures">(.*?)<\/script>/s.exec(html)?.[1] ?? "";
    expect(JSON.parse(figures).length).toBe(3);
    expect(figures).not.toContain("<");
  });

  test("stay text in markdown, and in their cell", () => {
    const markdown = renderMarkdown({ ...hostile, model: "a|b\n# c `d` [e](f)" });
    expect(markdown).not.toContain("<script");
    expect(markdown).not.toContain("<img");
    expect(markdown).toContain("a\\|b # c \\`d\\` \\[e\\](f)");
    const rows = markdown.split("\n").filter((line) => line.startsWith("|"));
    expect(new Set(rows.map((row) => row.replaceAll("\\|", "").split("|").length))).toEqual(new Set([9]));
  });
});

test("a report without completed trials has no plots and says so", () => {
  const html = renderHtml({ ...report, records: sweep.slice(-2), expectations: [] }, { plotly: "/* plotly */" });
  expect(textOf(html)).toContain("No trial was completed.");
  expect(html).not.toContain("/* plotly */");
});

test("markdown is one table and the remarks", () => {
  const records = sweep.filter(({ trial }) => ["sha256:f0", "sha256:d1", "sha256:w3"].includes(trial));
  expect(renderMarkdown({ ...report, records, expectations: [] })).toMatchInlineSnapshot(`
    "**precision\\_sweep**: digits\\_cnn on digits

    No trial is measurably faster than fp32 here (closest: dynamic, 0.41x). Smallest without measurable loss: dynamic, 44.1 kB (72.1% smaller).

    | scheme | top-1 | drop | flips | speedup | ms | size |
    | --- | ---: | ---: | ---: | ---: | ---: | ---: |
    | fp32 | 97.5% (95.3–98.7) |  |  | 1.00x (0.99–1.00) | 0.612 | 158 kB |
    | dynamic | 97.5% (95.3–98.7) | 0.0% (-1.1 to 1.1) | 0 | 0.41x (0.41–0.42) | 1.49 | 44.1 kB (-72.1%) |

    - **dynamic** slower than fp32: 0.41x; ConvInteger has no fast kernel on this CPU

    - **w3** skipped: no engine here executes int3 weights; int4 and int8 execute

    <details><summary>dynamic</summary>

    - McNemar: 0 lost, 0 gained
    - speed: slower than fp32: 0.41x; ConvInteger has no fast kernel on this CPU; median 1.49 ms (p90 1.55), fp32 0.612 ms; 0.41x (0.41x to 0.42x); fp32 against itself 1.002 (0.997 to 1.006); 120 pairs in 3 processes, optimization all (fp32 all)
    - ran: 7 integer, 0 float nodes; all 7 planned nodes run as integers
    - size: 44.1 kB: codes 37.5 kB, scales 900 B, zero points 40 B, float 1.30 kB, other 4.38 kB
    - trial: sha256:d1

    </details>

    <sub>accuracy: 360 test samples, 95% intervals; drop compares the same samples with fp32<br>speed: over fp32 on the same engine, batch 1, 1 thread, 120 interleaved pairs in 3 fresh processes; fp32 against itself at worst 1.002x<br>parity: fp32 differs from tfjs wasm 4.22.0 by at most 2.1e-6 (relative, 64 samples)<br>machine: Example EPYC 9000, 2 cores (avx2 avx512\\_vnni avx512f avx\\_vnni); onnxruntime 1.30.0, node 20.20.2</sub>
    "
  `);
});
