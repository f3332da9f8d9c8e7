import { expect, test } from "vitest";
import { DiagnosticError, renderDiagnostic } from "../../src/base/diagnostic.js";
import { startWorker } from "../../src/run/process.js";

async function messageOf(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (thrown) => thrown,
  );
  if (!(error instanceof DiagnosticError)) throw new Error(`expected a diagnostic, got ${String(error)}`);
  return error.diagnostics.map((d) => renderDiagnostic(d, new Map())).join("\n");
}

const request = { path: "/nowhere/model.onnx", feeds: {}, optimization: "all" } as const;

test("a child that is killed in the middle of a task gives a diagnostic, and so does every later task", async () => {
  const worker = startWorker();
  const call = messageOf(worker.call("memory", request));
  worker.kill();
  expect(await call).toMatchInlineSnapshot(`
    "error[worker-died]: the process that ran "memory" died from SIGKILL
         = hint: the system most likely ran out of memory: try a smaller batch or model, or fewer --workers"
  `);
  expect(worker.alive()).toBe(false);
  expect(await messageOf(worker.call("memory", request))).toContain("worker-died");
});

test("an engine's refusal comes back as its diagnostic, and the child goes on", async () => {
  const worker = startWorker();
  try {
    expect(await messageOf(worker.call("memory", request))).toContain("error[engine-refused]: onnxruntime refused");
    expect(worker.alive()).toBe(true);
  } finally {
    worker.kill();
  }
});

test("a task that takes too long is stopped", async () => {
  const worker = startWorker({ timeoutMs: 1 });
  expect(await messageOf(worker.call("memory", request))).toMatchInlineSnapshot(`
    "error[worker-timeout]: "memory" did not finish within 0.001 s and was stopped
         = hint: measure a smaller batch, or a smaller model"
  `);
});

test("aborting the run kills its children", async () => {
  const stop = new AbortController();
  const worker = startWorker({ signal: stop.signal });
  const call = messageOf(worker.call("memory", request));
  stop.abort();
  expect(await call).toContain("died from SIGKILL");
});

test("a child of a run that is stopped already does nothing", async () => {
  const worker = startWorker({ signal: AbortSignal.abort() });
  expect(await messageOf(worker.call("memory", request))).toContain("died from SIGKILL");
});
