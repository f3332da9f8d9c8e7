import type { CellLanguage, Interpreter } from "../cells/interpreter.js";
import type { History } from "./history/history.js";
import { errorContent } from "./protocol/content.js";
import { createExecutionQueue } from "./protocol/execution-queue.js";
import { outputRelay } from "./protocol/outputs.js";
import { answers, commMessage } from "./protocol/requests.js";
import { createSender, type Request } from "./protocol/sender.js";
import { createQuestions } from "./protocol/stdin.js";
import { decode, type Incoming } from "./wire/frames.js";
import type { RequestChannel, Transport } from "./wire/transport.js";

/** What a kernel stands on. */
export interface KernelOptions {
  readonly transport: Transport;
  readonly interpreter: Interpreter;
  readonly history: History;
  readonly language: CellLanguage;
  /** Key of the signatures. */
  readonly key: string;
  /** One line for the log of whoever started the kernel. */
  log(line: string): void;
  /** A request was answered. */
  onAnswered(): void;
  /** A client asked for the end; replies are sent. */
  onShutdown(): void;
}

/**
 * Serves one kernel's clients. Cells run one at a time; every other request is answered at once, on either channel,
 * and stands between a busy and an idle status of its own. Whatever comes in, the kernel goes on.
 */
export function startKernel(options: KernelOptions): void {
  const { transport, interpreter, log } = options;
  const sender = createSender(transport, options.key, log);
  const questions = createQuestions(sender);
  const arrived = () => transport.delivered("shell");
  const queue = createExecutionQueue({ ...options, sender, questions, arrived });
  /** What outputs belong to that come while no cell runs: timers of the last cell, or the comm message in hand. */
  let last: Incoming | undefined;

  const status = (execution_state: string, parent?: Incoming) => sender.publish("status", { execution_state }, parent);

  /** Does something for a request, between its busy and its idle. */
  const serve = async ({ message }: Request, action: () => void | Promise<void>) => {
    status("busy", message);
    try {
      await action();
    } catch (error) {
      log(`${message.header.msg_type}: ${(error as Error).message}`);
    }
    status("idle", message);
    // Clients take the last status for that of the kernel.
    const running = queue.running();
    if (running) status("busy", running.message);
    options.onAnswered();
  };

  const answer = async (request: Request) => {
    const type = request.message.header.msg_type;
    const reply = type.replace(/_request$/, "_reply");
    try {
      sender.reply(request, reply, (await answers[type]?.(request.message.content, options)) ?? {});
    } catch (error) {
      sender.reply(request, reply, errorContent(error));
    }
  };

  const comm = async ({ message }: Request) => {
    const incoming = commMessage(message);
    last = message;
    const known = await interpreter.comm(incoming);
    if (!known && incoming.kind !== "comm-close") {
      sender.publish("comm_close", { comm_id: incoming.commId, data: {} }, message);
    }
  };

  const shutdown = async (request: Request) => {
    const content = { status: "ok", restart: request.message.content.restart === true };
    queue.close();
    questions.close();
    sender.reply(request, "shutdown_reply", content);
    sender.publish("shutdown_reply", content, request.message);
  };

  const handle = (request: Request) => {
    const { msg_type: type } = request.message.header;
    if (type === "execute_request") {
      last = request.message;
      queue.add(request);
    } else if (type === "shutdown_request") void serve(request, () => shutdown(request)).then(options.onShutdown);
    else if (/^comm_(open|msg|close)$/.test(type)) void serve(request, () => comm(request));
    else if (Object.hasOwn(answers, type)) void serve(request, () => answer(request));
    else
      void serve(request, () => log(`a message of the unknown type ${JSON.stringify(type.slice(0, 80))} is ignored`));
  };

  const refuse = (request: Request, fault: string) =>
    serve(request, () => {
      const { msg_type: type } = request.message.header;
      if (!type.endsWith("_request")) return;
      const error = Object.assign(new Error(fault), { name: "MessageError" });
      sender.reply(request, type.replace(/_request$/, "_reply"), errorContent(error));
    });

  const receive = (channel: RequestChannel, frames: readonly Uint8Array[]) => {
    const read = decode(frames, options.key);
    if ("fault" in read) {
      log(`a message on ${channel} is dropped: ${read.fault}`);
      if (read.request && channel !== "stdin") void refuse({ channel, message: read.request }, read.fault);
    } else if (channel !== "stdin") handle({ channel, message: read.message });
    else if (read.message.header.msg_type === "input_reply") questions.answer(read.message);
    else log(`a message on stdin is dropped: it is no input_reply`);
  };

  const idleOutputs = outputRelay((type, content, extras) => sender.publish(type, content, last, extras));
  interpreter.onIdleOutput((output) => idleOutputs.accept(output));
  transport.onFull((full) => interpreter.holdOutput(full));
  transport.onReceive(receive);
  transport.onSubscribe((topic) => sender.welcome(topic));
  transport.start();
  status("starting");
}
