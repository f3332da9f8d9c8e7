import { errorContent } from "./content.js";
import { type Counter, type ExecuteContext, executeCell } from "./execute.js";
import type { Request } from "./sender.js";

/** Runs cells one at a time, in the order in which they came. */
export interface ExecutionQueue {
  add(request: Request): void;
  /** The request whose cell runs now. */
  running(): Request | undefined;
  /** Nothing more is run or answered. */
  close(): void;
}

export interface QueueContext extends ExecuteContext {
  /** Resolves when every request that has arrived was added. */
  arrived(): Promise<void>;
}

export function createExecutionQueue(context: QueueContext): ExecutionQueue {
  const counter: Counter = { stored: 0, others: 0 };
  const { sender } = context;
  let waiting: Request[] = [];
  let running: Request | undefined;
  let closed = false;

  const finish = (request: Request, content: object) => {
    if (closed) return;
    sender.reply(request, "execute_reply", content);
    sender.publish("status", { execution_state: "idle" }, request.message);
  };

  /** As ipykernel answers what is queued behind a failed cell: without a count, for a frontend would show it beside the cell. */
  const abort = (request: Request) => {
    sender.publish("status", { execution_state: "busy" }, request.message);
    finish(request, { ...errorContent(aborted), status: "aborted" });
  };

  const runOne = async (request: Request) => {
    sender.publish("status", { execution_state: "busy" }, request.message);
    const { content, stop } = await executeCell(context, request, counter);
    // What was sent before its sender could know of the error is aborted; what is sent after the reply is not.
    if (stop) await context.arrived();
    const given = stop ? waiting : [];
    if (stop) waiting = [];
    running = undefined;
    finish(request, content);
    for (const other of given) abort(other);
  };

  const runAll = async () => {
    for (let next = waiting.shift(); next && !closed; next = waiting.shift()) {
      running = next;
      await runOne(next);
    }
    working = false;
  };

  let working = false;
  return {
    add(request) {
      waiting.push(request);
      if (working) return;
      working = true;
      void runAll();
    },
    running: () => running,
    close() {
      closed = true;
      waiting = [];
    },
  };
}

class ExecutionAborted extends Error {
  override readonly name = "ExecutionAborted";
}

const aborted = new ExecutionAborted("a cell before this one failed");
