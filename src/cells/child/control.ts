import inspector from "node:inspector";
import { Socket } from "node:net";
import { workerData } from "node:worker_threads";
import { DESCRIPTORS, type ToControl } from "./frames.js";
import { controlGate } from "./gate.js";

/**
 * The control thread of an execution child. It reads its own descriptor, so it hears the kernel process while the main thread
 * spins; it then stops the JavaScript there, without loss of its variables, through V8's inspector. When the kernel
 * process is gone, even without a word, the whole child ends.
 */

/** How long the main thread may take to answer by itself, ms. */
const PATIENCE_MS = 100;

const gate = controlGate(workerData as Int32Array<SharedArrayBuffer>);

function terminate(run: number): void {
  if (!gate.claim(run)) return;
  const session = new inspector.Session();
  session.connectToMainThread();
  // Answered when the outermost call has been unwound, be it the cell's or, in a race, the next one of the event loop.
  session.post("Runtime.terminateExecution", () => {
    gate.done();
    // A session that stays would make the process wait for a debugger when it ends.
    session.disconnect();
  });
}

function obey(line: string): void {
  const { run } = JSON.parse(line) as ToControl;
  setTimeout(() => {
    if (gate.isOpen(run)) terminate(run);
  }, PATIENCE_MS);
}

const end = () => process.kill(process.pid, "SIGKILL");
const socket = new Socket({ fd: DESCRIPTORS.control, readable: true, writable: false });
let rest = "";
socket.setEncoding("utf8");
socket.on("data", (text: string) => {
  const lines = (rest + text).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) obey(line);
});
socket.on("end", end);
socket.on("error", end);
