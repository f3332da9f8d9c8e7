import { Socket } from "node:net";
import { startThread } from "../../base/thread.js";
import { tolerateUnwoundTimers } from "./async-hooks.js";
import { DESCRIPTORS, type ToChild } from "./frames.js";
import { mainGate, newGate } from "./gate.js";
import { guardProcess } from "./process-guard.js";
import { createReports } from "./reports.js";
import { createRunner } from "./runner.js";
import { reportStandardStreams } from "./standard-streams.js";

/**
 * Entry point of the execution child: user code of a notebook runs here, and nothing else. It must start fast, so
 * that TF.js, the language and the display are loaded when a cell first needs them.
 */

const state = newGate();
const gate = mainGate(state);
// Closed until everything stands: an impatient Stop must not unwind the start.
gate.enter();
const reports = createReports(gate);
reportStandardStreams(reports);
const end = guardProcess(reports);
tolerateUnwoundTimers();

startThread("cells/child/control", { workerData: state }).unref();

Error.stackTraceLimit = 50;
const runner = createRunner({ folder: process.cwd(), gate, reports, end });
const { parse } = JSON;

/** A line that a termination has torn is dropped; the kernel process repeats what must not be lost. */
function obey(line: string): void {
  let request: ToChild;
  try {
    request = parse(line) as ToChild;
  } catch {
    return;
  }
  runner.obey(request);
}

const socket = new Socket({ fd: DESCRIPTORS.requests, readable: true, writable: false });
let rest = "";
socket.setEncoding("utf8");
socket.on("data", (text: string) => {
  rest += text;
  for (let at = rest.indexOf("\n"); at >= 0; at = rest.indexOf("\n")) {
    const line = rest.slice(0, at);
    rest = rest.slice(at + 1);
    obey(line);
  }
});
socket.on("end", end);
socket.on("error", end);
reports.send({ type: "ready" });
runner.warmUp();
gate.leave();
