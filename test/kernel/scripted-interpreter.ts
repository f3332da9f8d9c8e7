import type { CellReply, CellRequest, Interpreter } from "../../src/cells/interpreter.js";
import type { CellError, CellOutput, CommMessage } from "../../src/cells/outputs.js";

/** An interpreter whose cells are scripts, a command a line, so that the protocol is tested without a language. */
export interface ScriptedInterpreter extends Interpreter {
  /** Cells that were run, in order. */
  readonly ran: readonly CellRequest[];
  /** Messages to comms. */
  readonly messages: readonly CommMessage[];
  emitIdle(output: CellOutput): void;
}

type Command = (
  argument: string,
  request: CellRequest,
  stopped: Promise<never>,
) => CellReply | undefined | Promise<CellReply | undefined>;

const keyboardInterrupt: CellError = { ename: "KeyboardInterrupt", evalue: "", traceback: ["KeyboardInterrupt"] };

export function scriptedInterpreter(): ScriptedInterpreter {
  const ran: CellRequest[] = [];
  const messages: CommMessage[] = [];
  const comms = new Map<string, string>();
  let idle: (output: CellOutput) => void = () => {};
  let stop: (() => void) | undefined;

  const commands: Record<string, Command> = {
    print: (text, { onOutput }) => void onOutput({ kind: "stream", name: "stdout", text: `${text}\n` }),
    complain: (text, { onOutput }) => void onOutput({ kind: "stream", name: "stderr", text: `${text}\n` }),
    value: (text) => ({ status: "ok", result: { data: { "text/plain": text } } }),
    fail: (text) => {
      const [ename = "", ...words] = text.split(" ");
      const evalue = words.join(" ");
      return { status: "error", error: { ename, evalue, traceback: [`${ename}: ${evalue}`] } };
    },
    show: (text, { onOutput }) => {
      const [displayId = "", ...words] = text.split(" ");
      onOutput({
        kind: "display",
        bundle: { data: { "text/plain": words.join(" ") } },
        ...(displayId === "-" ? {} : { displayId }),
      });
      return undefined;
    },
    update: (text, { onOutput }) => {
      const [displayId = "", ...words] = text.split(" ");
      onOutput({ kind: "update-display", bundle: { data: { "text/plain": words.join(" ") } }, displayId });
      return undefined;
    },
    clear: (_, { onOutput }) => void onOutput({ kind: "clear", wait: true }),
    wait: (_, __, stopped) => stopped,
    ask: async (prompt, { onInput, onOutput }, stopped) => {
      if (!onInput) return commands.fail?.("InputError nobody can answer", ran[0] as CellRequest, stopped);
      const answer = await Promise.race([onInput(prompt, prompt === "password"), stopped]);
      onOutput({ kind: "stream", name: "stdout", text: `${answer}\n` });
      return undefined;
    },
    open: (text, { onOutput }) => {
      const [commId = "", target = ""] = text.split(" ");
      comms.set(commId, target);
      onOutput({
        kind: "comm-open",
        commId,
        target,
        data: { a: 1 },
        metadata: { version: "2.1.0" },
        buffers: ["AAH/"],
      });
      return undefined;
    },
    flood: (lines, { onOutput }) => {
      for (let i = 0; i < Number(lines); i++) onOutput({ kind: "stream", name: "stdout", text: `line ${i}\n` });
      return undefined;
    },
    crash: () => {
      throw new Error("the interpreter itself failed");
    },
  };

  return {
    ran,
    messages,
    emitIdle: (output) => idle(output),
    async execute(request) {
      ran.push(request);
      let reply: CellReply = { status: "ok" };
      const stopped = new Promise<never>((_, reject) => {
        stop = () => reject(keyboardInterrupt);
      });
      stopped.catch(() => {});
      for (const line of request.code.split("\n")) {
        const [, name = "", argument = ""] = /^(\w+) ?(.*)$/.exec(line) ?? [];
        try {
          reply = (await commands[name]?.(argument, request, stopped)) ?? reply;
        } catch (error) {
          if (error !== keyboardInterrupt) throw error;
          reply = { status: "error", error: keyboardInterrupt };
        }
        if (reply.status === "error") break;
      }
      stop = undefined;
      if (reply.status === "error") return reply;
      const expressions = Object.entries(request.expressions ?? {}).map(([name, text]): [string, CellReply] => [
        name,
        text === "bad"
          ? { status: "error", error: { ename: "E", evalue: "bad", traceback: [] } }
          : { status: "ok", result: { data: { "text/plain": text } } },
      ]);
      return { ...reply, expressions: Object.fromEntries(expressions) };
    },
    async complete(_code, cursor) {
      return {
        start: Math.max(0, cursor - 2),
        end: cursor,
        items: [
          { text: "print", type: "function", signature: "(text)" },
          { text: "password", type: "keyword" },
        ],
      };
    },
    async inspect(code, cursor) {
      const word = /\w+$/.exec(code.slice(0, cursor))?.[0] ?? "";
      return word in commands ? { data: { "text/plain": `the command ${word}` } } : undefined;
    },
    async isComplete(code) {
      if (code.endsWith("{")) return { status: "incomplete", indent: "  " };
      return { status: code === "}" ? "invalid" : "complete" };
    },
    async interrupt() {
      stop?.();
    },
    async comm(message) {
      messages.push(message);
      if (message.kind === "comm-open") {
        if (message.target !== "echo") return false;
        comms.set(message.commId, message.target);
        return true;
      }
      if (!comms.has(message.commId)) return false;
      if (message.kind === "comm-close") comms.delete(message.commId);
      else idle({ ...message });
      return true;
    },
    holdOutput: () => {},
    comms: () => Object.fromEntries(comms),
    onIdleOutput(listener) {
      idle = listener;
    },
    async shutdown() {},
  };
}
