import type { CellReply, Interpreter } from "../../cells/interpreter.js";
import type { CellOutcome, CellOutput, MimeBundle } from "../../cells/outputs.js";
import type { History } from "../history/history.js";
import { type Content, errorContent, flag, text } from "./content.js";
import { bundleContent, outputRelay, type Publish } from "./outputs.js";
import { pagerReply, questionIn } from "./pager.js";
import type { Request, Sender } from "./sender.js";
import { FIRST_OTHER, shownError, withoutInnerNumbers } from "./shown-error.js";
import type { Questions } from "./stdin.js";

/** What running a cell needs of the kernel. */
export interface ExecuteContext {
  readonly interpreter: Interpreter;
  readonly sender: Sender;
  readonly history: History;
  readonly questions: Questions;
}

/** Counts cells. */
export interface Counter {
  /** `execution_count` of the last cell that was stored. */
  stored: number;
  /** Cells that were not: each still needs a number of its own. */
  others: number;
}

/** What an execute_request asks for. */
interface Cell {
  readonly code: string;
  readonly silent: boolean;
  readonly stored: boolean;
  readonly allowStdin: boolean;
  readonly stopOnError: boolean;
  readonly expressions: Readonly<Record<string, string>>;
}

/** The reply to a cell, and whether the cells that wait behind it are to be aborted. */
export interface Executed {
  readonly content: object;
  readonly stop: boolean;
}

/** Runs the cell of an execute_request and publishes everything but its status. Never rejects. */
export async function executeCell(context: ExecuteContext, request: Request, counter: Counter): Promise<Executed> {
  let cell: Cell;
  try {
    cell = cellOf(request.message.content);
  } catch (error) {
    return { content: { ...errorContent(error), execution_count: counter.stored }, stop: false };
  }
  const count = cell.stored ? ++counter.stored : counter.stored;
  const number = cell.stored ? count : FIRST_OTHER + counter.others++;
  const publish: Publish = (type, content, extras) => {
    context.sender.publish(type, content, request.message, extras);
  };
  if (!cell.silent) publish("execute_input", { code: cell.code, execution_count: count });
  const reply = await run(context, request, cell, number, publish);
  if (cell.stored && cell.code.trim() !== "") {
    context.history.add(count, cell.code, reply.status === "ok" ? plainText(reply.result) : undefined);
  }
  if (!cell.silent) publishOutcome(reply, count, publish);
  return {
    content: replyContent(reply, count, cell.silent),
    stop: reply.status === "error" && cell.stopOnError && !cell.silent,
  };
}

function cellOf(content: Content): Cell {
  const silent = flag(content, "silent", false);
  const { user_expressions: expressions } = content;
  const named = typeof expressions === "object" && expressions !== null ? Object.entries(expressions) : [];
  return {
    code: text(content, "code"),
    silent,
    stored: !silent && flag(content, "store_history", true),
    allowStdin: flag(content, "allow_stdin", false),
    stopOnError: flag(content, "stop_on_error", true),
    expressions: Object.fromEntries(named.map(([name, value]) => [name, String(value)])),
  };
}

type Reply = CellReply & { readonly payload?: readonly object[] };

async function run(
  { interpreter, questions }: ExecuteContext,
  request: Request,
  cell: Cell,
  number: number,
  publish: Publish,
): Promise<Reply> {
  const relay = outputRelay(publish, cell.silent);
  const show = (output: CellOutput) =>
    relay.accept(output.kind === "stream" ? { ...output, text: withoutInnerNumbers(output.text) } : output);
  try {
    const question = questionIn(cell.code);
    if (question) return await pagerReply(interpreter, question, show);
    return await interpreter.execute({
      code: cell.code,
      number,
      expressions: cell.expressions,
      onOutput: show,
      ...(cell.allowStdin
        ? { onInput: (prompt: string, password: boolean) => questions.ask(request, prompt, password) }
        : {}),
    });
  } catch (error) {
    const { ename, evalue, traceback } = errorContent(error);
    return { status: "error", error: { ename, evalue, traceback } };
  } finally {
    relay.flush();
    questions.close();
  }
}

function publishOutcome(outcome: CellOutcome, count: number, publish: Publish): void {
  if (outcome.status === "ok") {
    if (outcome.result) publish("execute_result", { ...bundleContent(outcome.result), execution_count: count });
    return;
  }
  const { content, bundle } = shownError(outcome.error, false);
  if (bundle) publish("display_data", { ...bundleContent(bundle), transient: {} });
  publish("error", content);
}

function replyContent(reply: Reply, count: number, silent: boolean): object {
  if (reply.status === "error") {
    return { status: "error", execution_count: count, ...shownError(reply.error, silent).content };
  }
  const expressions = Object.entries(reply.expressions ?? {}).map(([name, outcome]) => [name, expression(outcome)]);
  return {
    status: "ok",
    execution_count: count,
    payload: reply.payload ?? [],
    user_expressions: Object.fromEntries(expressions),
  };
}

function expression(outcome: CellOutcome): object {
  if (outcome.status === "ok") {
    return { status: "ok", ...bundleContent(outcome.result ?? { data: { "text/plain": "undefined" } }) };
  }
  return { status: "error", ...shownError(outcome.error, true).content };
}

function plainText(bundle: MimeBundle | undefined): string | undefined {
  const value = bundle?.data["text/plain"];
  return typeof value === "string" ? value : undefined;
}
