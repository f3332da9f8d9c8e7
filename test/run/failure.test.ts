import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { DiagnosticError, diagnostic, renderDiagnostic } from "../../src/base/diagnostic.js";
import { failure } from "../../src/run/failure.js";

const rendered = (error: unknown) => {
  const { stage, diagnostic: d } = failure(error, "accuracy");
  return `${stage}: ${renderDiagnostic(d, new Map())}`;
};

const thrown = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};

test("a diagnostic that was thrown is the failure, at the stage that the child reported", () => {
  const error = new DiagnosticError(diagnostic("worker-timeout", { stage: "latency", seconds: 2 }));
  expect(failure(Object.assign(error, { stage: "latency" }), "accuracy")).toEqual({
    stage: "latency",
    diagnostic: { code: "worker-timeout", severity: "error", facts: { stage: "latency", seconds: 2 } },
  });
});

test("a full disk, told by the system itself, is named with the way on", () => {
  expect(rendered(thrown(() => writeFileSync("/dev/full", "x")))).toMatchInlineSnapshot(`
    "accuracy: error[file-not-written]: the results folder could not be written: the disk is full
         = hint: make room or write elsewhere with \`--out DIR\`; finished trials are kept, and the next run goes on from there"
  `);
});

test("a file where a folder should be is named", () => {
  expect(rendered(thrown(() => writeFileSync("/dev/null/models/a.onnx", "x")))).toContain(
    "/dev/null/models/a.onnx could not be written: a part of the path is not a folder",
  );
});

test("a file that was deleted during the run is named", () => {
  expect(rendered(thrown(() => readFileSync("/absent/fp32.onnx")))).toMatchInlineSnapshot(`
    "accuracy: error[file-gone]: /absent/fp32.onnx is gone: it was deleted or moved during the run
         = hint: leave the files of a run alone until it has ended; the next run makes what is missing anew"
  `);
});

test("anything else is a fault of ours, and says so", () => {
  expect(rendered(new Error("run: nothing to join"))).toMatchInlineSnapshot(`
    "accuracy: error[fault-in-nibble]: fault in Nibble during "accuracy": run: nothing to join
         = hint: this is not a mistake of the program; please report it with the model's layers"
  `);
});
