import { KeyboardInterrupt } from "./child/interruption.js";
import type { ExecutionOutcome } from "./execution.js";
import type { CellError, CellOutcome } from "./outputs.js";
import type { Tracebacks } from "./traceback.js";

const RESTARTED = "A fresh process runs the next cells: all variables are gone, so run the cells that make them again.";

/** What a cell's run means to the user. */
export function outcomeOf(outcome: ExecutionOutcome, tracebacks: Tracebacks): CellOutcome {
  switch (outcome.status) {
    case "ok":
    case "error":
      return outcome;
    case "thrown":
      return { status: "error", error: errorOf(outcome.error, tracebacks) };
    case "killed":
      return failed("KeyboardInterrupt", "the cell did not end after Stop, so its process was replaced", RESTARTED);
    case "died":
      return failed("ExecutionProcessDied", outcome.reason, RESTARTED);
  }
}

/** A stop by the user needs no place: it is wherever the cell happened to be. */
function errorOf(facts: Parameters<Tracebacks["cellError"]>[0], tracebacks: Tracebacks): CellError {
  return facts.name === "KeyboardInterrupt" ? interruptError() : tracebacks.cellError(facts);
}

export function interruptError(): CellError {
  const { name, message } = new KeyboardInterrupt();
  return { ename: name, evalue: message, traceback: [`${name}: ${message}`] };
}

export function failed(ename: string, evalue: string, advice?: string): CellOutcome {
  const traceback = [`${ename}: ${evalue}`, ...(advice === undefined ? [] : [advice])];
  return { status: "error", error: { ename, evalue: evalue.split("\n", 1)[0] ?? "", traceback } };
}

/** For a cell of which nothing can run. */
export function unbegun(ename: string, evalue: string): CellOutcome {
  const outcome = failed(ename, evalue);
  return outcome.status === "error" ? { ...outcome, error: { ...outcome.error, began: false } } : outcome;
}

/** For a child that died while no cell ran. */
export function deathNotice(reason: string): string {
  return `The process that runs the cells died: ${reason}.\n${RESTARTED}\n`;
}
