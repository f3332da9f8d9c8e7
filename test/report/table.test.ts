import { stripVTControlCharacters } from "node:util";
import stringWidth from "string-width";
import { describe, expect, test } from "vitest";
import { trialNotes } from "../../src/report/notes.js";
import { renderTable } from "../../src/report/table.js";
import type { LatencyResult, TrialRecord } from "../../src/results/record.js";
import { completed } from "../results/fixtures/records.js";
import { report, sweep, twoBatches } from "./fixtures/sweep.js";

test("a sweep fits into 80 columns, intervals below their values", () => {
  expect(renderTable(report)).toMatchInlineSnapshot(`
    " precision_sweep  digits_cnn on digits

     scheme                     top-1         drop  flips    speedup     ms     size
     ───────────────────────────────────────────────────────────────────────────────
     fp32                       97.5%                          1.00x  0.612   158 kB
                            95.3–98.7                      0.99–1.00
     dynamic                    97.5%         0.0%      0      0.41x   1.49  44.1 kB
                            95.3–98.7  -1.1 to 1.1         0.41–0.42          -72.1%
     static minmax              97.2%         0.3%      3      2.90x  0.211  41.2 kB
                            95.0–98.5  -1.1 to 1.8         2.86–2.95          -73.9%
     static                     96.9%         0.6%      2      2.89x  0.212  41.2 kB
     percentile(99.9)       94.6–98.3  -0.6 to 2.0         2.84–2.93          -73.9%
     static entropy             94.2%         3.3%     14      2.91x  0.210  41.2 kB
                            91.3–96.2   1.6 to 5.8         2.87–2.96          -73.9%
     static mse (!)             97.5%         0.0%      2      2.87x  0.213  41.2 kB
                            95.3–98.7  -1.3 to 1.3         2.83–2.92          -73.9%
     w8                         97.5%         0.0%      0      1.01x  0.607  72.0 kB
                            95.3–98.7  -1.1 to 1.1         0.99–1.02          -54.5%
     w4                         97.2%         0.3%      1      1.02x  0.598  58.3 kB
                            95.0–98.5  -0.8 to 1.6         1.00–1.04          -63.1%

     Fastest without measurable loss: static minmax, 2.90x fp32's speed (2.86 to
       2.95), drop 0.3% (-1.1 to 1.8); static percentile(99.9) is as fast within the
       intervals.
     Smallest without measurable loss: static minmax, static percentile(99.9),
       41.2 kB (73.9% smaller).
     1 trial marked (!) needs a look at the notes.

     static mse  (!) not everything ran as integers: "conv2d/conv" was planned as
                 integer but runs as a float Conv
     dynamic     slower than fp32: 0.41x; ConvInteger has no fast kernel on this CPU
     w8          no measurable difference: 1.01x, 95% interval 0.99x to 1.02x

     failed
       w4_wide  accuracy: the model gives NaN for sample 17 (look for NaN or very
                large values in the weights, the data and its scale)

     skipped
       w3  no engine here executes int3 weights; int4 and int8 execute

     expected
       NO   static.accuracy_drop < 1%: not met by static entropy (3.33%)
       NO   static.speedup >= 2x: not met by static mse (not attested)
       ok?  w4.accuracy_drop < 1%: met, but not resolved for w4: the 95% interval
            passes the bound; about 1,800 test samples would tell

     accuracy  360 test samples, 95% intervals; drop compares the same samples with
               fp32
     speed     over fp32 on the same engine, batch 1, 1 thread, 120 interleaved
               pairs in 3 fresh processes; fp32 against itself at worst 1.002x
     parity    fp32 differs from tfjs wasm 4.22.0 by at most 2.1e-6 (relative, 64
               samples)
     machine   Example EPYC 9000, 2 cores (avx2 avx512_vnni avx512f avx_vnni);
               onnxruntime 1.30.0, node 20.20.2"
  `);
});

test("a wide terminal has intervals beside their values", () => {
  expect(
    renderTable({ ...report, expectations: [] }, { width: 130 })
      .split("\n\n")
      .slice(0, 2)
      .join("\n\n"),
  ).toMatchInlineSnapshot(`
    " precision_sweep  digits_cnn on digits

     scheme                   top-1            drop              flips  speedup               ms     size
     ───────────────────────────────────────────────────────────────────────────────────────────────────────────
     fp32                     97.5% 95.3–98.7                             1.00x 0.99–1.00  0.612   158 kB
     dynamic                  97.5% 95.3–98.7  0.0% -1.1 to 1.1      0    0.41x 0.41–0.42   1.49  44.1 kB -72.1%
     static minmax            97.2% 95.0–98.5  0.3% -1.1 to 1.8      3    2.90x 2.86–2.95  0.211  41.2 kB -73.9%
     static percentile(99.9)  96.9% 94.6–98.3  0.6% -0.6 to 2.0      2    2.89x 2.84–2.93  0.212  41.2 kB -73.9%
     static entropy           94.2% 91.3–96.2  3.3% 1.6 to 5.8      14    2.91x 2.87–2.96  0.210  41.2 kB -73.9%
     static mse (!)           97.5% 95.3–98.7  0.0% -1.3 to 1.3      2    2.87x 2.83–2.92  0.213  41.2 kB -73.9%
     w8                       97.5% 95.3–98.7  0.0% -1.1 to 1.1      0    1.01x 0.99–1.02  0.607  72.0 kB -54.5%
     w4                       97.2% 95.0–98.5  0.3% -0.8 to 1.6      1    1.02x 1.00–1.04  0.598  58.3 kB -63.1%"
  `);
});

test("several batch sizes give a second table with a row for each", () => {
  expect(
    renderTable({ ...report, records: twoBatches })
      .split("\n\n")
      .slice(1, 3)
      .join("\n\n"),
  ).toMatchInlineSnapshot(`
    " scheme                       top-1         drop  flips     size   memory
     ────────────────────────────────────────────────────────────────────────
     fp32                         97.5%                       158 kB  91.2 MB
                              95.3–98.7
     dynamic                      97.5%         0.0%      0  44.1 kB  91.2 MB
                              95.3–98.7  -1.1 to 1.1          -72.1%
     static minmax                97.2%         0.3%      3  41.2 kB  91.2 MB
                              95.0–98.5  -1.1 to 1.8          -73.9%
     static percentile(99.9)      96.9%         0.6%      2  41.2 kB  91.2 MB
                              94.6–98.3  -0.6 to 2.0          -73.9%
     static entropy               94.2%         3.3%     14  41.2 kB  91.2 MB
                              91.3–96.2   1.6 to 5.8          -73.9%
     static mse (!)               97.5%         0.0%      2  41.2 kB  91.2 MB
                              95.3–98.7  -1.3 to 1.3          -73.9%
     w8                           97.5%         0.0%      0  72.0 kB  91.2 MB
                              95.3–98.7  -1.1 to 1.1          -54.5%
     w4                           97.2%         0.3%      1  58.3 kB  91.2 MB
                              95.0–98.5  -0.8 to 1.6          -63.1%

     scheme                   batch  speedup               ms
     ────────────────────────────────────────────────────────
     fp32                         1    1.00x 0.99–1.00  0.612
                                 32    1.10x 1.50–3.20   14.7
     dynamic                      1    0.41x 0.41–0.42   1.49
                                 32    0.45x 1.50–3.20   35.8
     static minmax                1    2.90x 2.86–2.95  0.211
                                 32    3.19x 1.50–3.20   5.06
     static percentile(99.9)      1    2.89x 2.84–2.93  0.212
                                 32    3.18x 1.50–3.20   5.09
     static entropy               1    2.91x 2.87–2.96  0.210
                                 32    3.20x 1.50–3.20   5.04
     static mse (!)               1    2.87x 2.83–2.92  0.213
                                 32    3.16x 1.50–3.20   5.11
     w8                           1    1.01x 0.99–1.02  0.607
                                 32    1.11x 1.50–3.20   14.6
     w4                           1    1.02x 1.00–1.04  0.598
                                 32    1.13x 1.50–3.20   14.4"
  `);
});

describe("whatever the names and the width", () => {
  const named = (name: string): TrialRecord[] =>
    sweep.map((record) => ({ ...record, scheme: { ...record.scheme, name: `${record.scheme.name}${name}` } }));

  test.each(["", "_with_a_very_long_name_that_no_column_can_hold", "精度実験精度実験精度実験", " several words in it"])(
    "no line is too long (%s)",
    (name) => {
      for (const records of [named(name), twoBatches]) {
        for (let width = 40; width <= 160; width += 5) {
          const lines = renderTable(
            { ...report, experiment: `sweep${name}`, model: `model${name}`, records },
            { width },
          ).split("\n");
          expect(lines.filter((line) => stringWidth(line) > width)).toEqual([]);
          for (const figure of ["97.5%", "2.90x", "0.211", "41.2 kB"]) expect(lines.join("\n")).toContain(figure);
        }
      }
    },
  );

  test("control and direction characters of names do not reach the terminal", () => {
    const text = renderTable({ ...report, model: "\u001b[2Jmodel\u202e", records: named("\u001b[31m\r") });
    expect([..."\u001b\r\u202e"].filter((character) => text.includes(character))).toEqual([]);
    expect(text).toContain("[2Jmodel on digits");
  });
});

test("a remark on speed says the threads where a trial was timed on several", () => {
  const timed = (threads: number): LatencyResult => {
    const [equal, best] = [{ value: 1, ci95: [0.9, 1.1] } as const, { baseline: "all", trial: "all" }];
    const ran = { batch: 4, threads, processes: 3, pairs: 30, optimization: best };
    return { ...ran, medianMs: 1, baselineMs: 1, speedup: equal, control: equal, verdict: "no difference" };
  };
  const text = (latency: readonly LatencyResult[]) =>
    trialNotes([completed("a", { latency })]).map((note) => note.text);
  expect(text([timed(1), timed(2)])).toEqual(["batch 4, 1 thread: no difference", "batch 4, 2 threads: no difference"]);
  expect(text([timed(2)])).toEqual(["no difference"]);
});

test("colours are escapes around the same text", () => {
  const coloured = renderTable(report, { colour: true });
  expect(stripVTControlCharacters(coloured)).toBe(renderTable(report));
  expect(coloured).toContain("\u001b[32m    2.90x\u001b[39m");
  expect(coloured).toContain("\u001b[31m    0.41x\u001b[39m");
});

test("what was not measured has no column", () => {
  const bare = sweep.map((record) => {
    if (record.status !== "completed") return record;
    const { accuracy, latency, memory, ...rest } = record;
    return rest;
  });
  const header = renderTable({ ...report, records: bare, expectations: [] }).split("\n")[2];
  expect(header?.trim().split(/\s+/)).toEqual(["scheme", "size"]);
});

test("when nothing was completed only the reasons are shown", () => {
  const records = sweep.filter(({ status }) => status !== "completed");
  expect(renderTable({ ...report, records, expectations: [] })).toMatchInlineSnapshot(`
    " precision_sweep  digits_cnn on digits

     failed
       w4_wide  accuracy: the model gives NaN for sample 17 (look for NaN or very
                large values in the weights, the data and its scale)

     skipped
       w3  no engine here executes int3 weights; int4 and int8 execute"
  `);
});

test("agreement with fp32, relative errors and errors of real values have their own headers", () => {
  const relabelled = (key: "agreement" | "relativeError" | "mae") =>
    sweep.slice(0, 3).map((record) => {
      if (record.status !== "completed" || !record.accuracy?.top1) return record;
      const { top1, drop, flips } = record.accuracy;
      return {
        ...record,
        accuracy:
          key === "agreement"
            ? { agreement: top1, drop, ...(flips === undefined ? {} : { flips }) }
            : key === "mae"
              ? { mae: top1, drop }
              : { relativeError: top1, drop },
      };
    });
  const headers = (...keys: readonly Parameters<typeof relabelled>[0][]) =>
    renderTable({ ...report, records: keys.flatMap(relabelled), expectations: [] })
      .split("\n")[2]
      ?.trim()
      .split(/\s{2,}/);
  expect(headers("agreement")).toEqual(["scheme", "same as fp32", "flips", "speedup", "ms", "size"]);
  expect(headers("relativeError")).toEqual(["scheme", "error vs fp32", "speedup", "ms", "size"]);
  expect(headers("mae")).toEqual(["scheme", "mean error", "increase", "speedup", "ms", "size"]);
});
