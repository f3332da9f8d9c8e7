import { expect, test } from "vitest";
import { DiagnosticError, renderDiagnostic } from "../../src/base/diagnostic.js";
import { chooseTrial } from "../../src/export/choose.js";
import type { TrialSelector } from "../../src/plan/export-forms.js";
import type { TrialRecord } from "../../src/results/record.js";
import { expectations, sweep } from "../report/fixtures/sweep.js";

const best = (metric: Extract<TrialSelector, { kind: "best" }>["metric"]): TrialSelector => ({ kind: "best", metric });

const chosen = (selector: TrialSelector, records: readonly TrialRecord[] = sweep) => {
  const { label, sentences } = chooseTrial(records, expectations, selector);
  return [label, ...sentences];
};

/** The message of the one mistake. */
function mistake(selector: TrialSelector, records: readonly TrialRecord[] = sweep): string {
  try {
    return `none: ${chosen(selector, records).join("; ")}`;
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    return error.diagnostics.map((each) => renderDiagnostic(each, new Map())).join("\n");
  }
}

test("the best by latency is ranked by speedup, and says what was not considered and what it cannot be told from", () => {
  expect(chosen(best("latency"))).toMatchInlineSnapshot(`
    [
      "static minmax",
      "static minmax is the best by latency, ranked by speedup, which is measured beside fp32: 2.90x [2.86x, 2.95x] at batch 1 (of 5)",
      "not told from static percentile(99.9) (2.89x [2.84x, 2.93x] at batch 1): their 95% intervals overlap",
      "\`static.accuracy_drop < 1%\` holds by the measured value, but its 95% interval passes the bound",
      "not considered: static entropy: \`static.accuracy_drop < 1%\` does not hold; static mse: not attested; w4_wide: failed (accuracy)",
    ]
  `);
});

test("of the best by size the first in the table is taken where others are as small, and said", () => {
  expect(chosen(best("size"))).toMatchInlineSnapshot(`
    [
      "static minmax",
      "static minmax is the best by size: 41.2 kB (of 5)",
      "as good: static percentile(99.9) (41.2 kB); the first in the table was taken",
      "\`static.accuracy_drop < 1%\` holds by the measured value, but its 95% interval passes the bound",
      "not considered: static entropy: \`static.accuracy_drop < 1%\` does not hold; static mse: not attested; w4_wide: failed (accuracy)",
    ]
  `);
});

test("the best by accuracy says that fp32 has the same", () => {
  expect(chosen(best("accuracy"))).toMatchInlineSnapshot(`
    [
      "dynamic",
      "dynamic is the best by accuracy: 97.50% [95.32%, 98.68%] (of 5)",
      "as good: w8 (97.50% [95.32%, 98.68%]); the first in the table was taken",
      "not told from static minmax (97.22% [94.96%, 98.48%]), w4 (97.22% [94.96%, 98.48%]), static percentile(99.9) (96.94% [94.61%, 98.29%]): their 95% intervals overlap",
      "fp32 has 97.50%",
      "not considered: static entropy: \`static.accuracy_drop < 1%\` does not hold; static mse: not attested; w4_wide: failed (accuracy)",
    ]
  `);
});

test("less is better where an error counts", () => {
  const [label] = chosen(best("flips"));
  expect(label).toBe("dynamic");
});

test("a trial by name is taken whatever it reached, and what it missed is said", () => {
  expect(chosen({ kind: "trial", trial: "static entropy" })).toEqual([
    "static entropy",
    "static entropy was asked for by name",
    "it does not meet `static.accuracy_drop < 1%`",
  ]);
  expect(chosen({ kind: "trial", trial: "sha256:s4" })).toEqual([
    "static mse",
    "static mse was asked for by name",
    "it does not meet `static.speedup >= 2x`",
    'it did not run as it was planned: "conv2d/conv" was planned as integer but runs as a float Conv',
  ]);
  expect(chosen({ kind: "scheme", name: "fp32" })[0]).toBe("fp32");
});

test("the scheme of a bare name is meant where it is no trial's label", () => {
  expect(mistake({ kind: "trial", trial: "static" })).toContain('"static" has 4 trials');
  expect(chosen({ kind: "trial", trial: "w8" })[0]).toBe("w8");
});

test("what cannot be exported says why and what can", () => {
  const selectors: readonly TrialSelector[] = [
    { kind: "scheme", name: "static" },
    { kind: "scheme", name: "w4_wide" },
    { kind: "scheme", name: "w3" },
    { kind: "trial", trial: "static minmx" },
    best("memory"),
  ];
  expect(selectors.map((selector) => mistake(selector)).join("\n\n")).toMatchInlineSnapshot(`
    "error[export-several]: "static" has 4 trials: static minmax, static percentile(99.9), static entropy, static mse
         = hint: name one with \`trial("static minmax")\`, or let \`best(speedup)\` choose

    error[export-no-result]: trial "w4_wide" cannot be exported: it failed (accuracy): the model gives NaN for sample 17
         = hint: \`nibble report\` lists the trials that have results

    error[export-no-result]: trial "w3" cannot be exported: it was skipped: no engine here executes int3 weights; int4 and int8 execute
         = hint: \`nibble report\` lists the trials that have results

    error[unknown-name]: no trial is called "static minmx"
         = hint: did you mean "static minmax"?

    error[export-no-best]: no trial is the best by memory: dynamic: memory was not measured, static minmax: memory was not measured, static percentile(99.9): memory was not measured, static entropy: \`static.accuracy_drop < 1%\` does not hold, static mse: not attested, w8: memory was not measured and 2 more
         = hint: a trial by name is exported whatever it reached: \`export sweep.static to "out/"\`"
  `);
  expect(mistake(best("speedup"), sweep.slice(0, 1))).toContain("nothing but fp32 was tried");
});

test("simulated trials are no choice, but what is stored for TF.js is one", () => {
  const simulated = sweep.slice(0, 2).map((record) => ({
    ...record,
    scheme: { ...record.scheme, execution: record.scheme.mode === "fp32" ? "executed" : "simulated" } as const,
  }));
  expect(mistake(best("size"), simulated)).toContain("dynamic: simulated: nothing runs it");
  const stored = simulated.map((record) => ({ ...record, scheme: { ...record.scheme, storage: "tfjs" } as const }));
  expect(chosen(best("size"), stored)[0]).toBe("dynamic");
});

test("of relative errors the least is the best, and is called an error", () => {
  const errors: Readonly<Record<string, number>> = { fp32: 0, dynamic: 0.02, w8: 0.0027 };
  const records = sweep.flatMap((record): TrialRecord[] => {
    const value = errors[record.scheme.name];
    if (record.status !== "completed" || value === undefined) return [];
    const estimate = { value, ci95: [value * 0.9, value * 1.1] } as const;
    return [{ ...record, accuracy: { relativeError: { ...estimate, n: 40 }, drop: estimate } }];
  });
  expect(chosen(best("accuracy"), records)).toEqual([
    "w8",
    "w8 is the best by accuracy: error 0.27% [0.24%, 0.30%] (of 2)",
    "fp32 has 0.00%",
  ]);
});
