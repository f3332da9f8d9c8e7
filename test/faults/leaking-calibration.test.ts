import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { renderDiagnostic } from "../../src/base/diagnostic.js";
import type { CompletedRecord } from "../../src/results/record.js";
import { calibrationRemarks } from "../../src/run/remarks.js";
import { digits, experimentOf, runInjected, scheme } from "./injected.js";

/**
 * Test rows that are training rows too: the data repeats few pictures so often that the split, which keeps equal rows
 * together as far as it can, has to cut through them.
 */
function repeated(): string {
  const [header = "", ...rows] = readFileSync(digits.path ?? "", "utf8")
    .trim()
    .split("\n");
  const byDigit = new Map(rows.map((row) => [row.split(",").at(-1), row]));
  const copies = [...byDigit.values()].flatMap((row) => Array.from({ length: 20 }, () => row));
  const path = join(mkdtempSync(join(tmpdir(), "nibble-leak-")), "digits.csv");
  writeFileSync(path, `${[header, ...copies].join("\n")}\n`);
  return path;
}

test("calibration samples that are in the test split are counted, and named by the run, the record and the report", async () => {
  const data = { ...digits, path: repeated() };
  const { records, report } = await runInjected(experimentOf([scheme("static", { samples: 50 })], { data }));
  const [, calibrated] = records as readonly CompletedRecord[];
  expect(calibrated?.calibration).toMatchObject({ samples: 50, leaked: 50 });
  const [first] = calibrated?.calibration?.leaks ?? [];
  const lines = readFileSync(data.path, "utf8").split("\n");
  if (!first) throw new Error("no leak is named");
  expect(lines[first.calibration + 1]).toBe(lines[first.test + 1]);
  expect(first.calibration).not.toBe(first.test);
  const [remark] = calibrationRemarks(records);
  expect(remark && renderDiagnostic(remark, new Map()).split("\n")[0]).toMatch(
    /^warning\[calibration-leak\]: calibration leak: 50 of 50 calibration samples are in the test split too \(row \d+ = test row \d+, .*\.\.\.\)$/,
  );
  expect(report.replace(/\s+/g, " ")).toMatch(/50 .*calibration samples .*test/);
});

test("the shipped digits leak nothing, and nothing is said", async () => {
  const { records } = await runInjected(experimentOf([scheme("static", { samples: 64 })]));
  expect((records[1] as CompletedRecord).calibration?.leaked).toBe(0);
  expect(calibrationRemarks(records)).toEqual([]);
});
