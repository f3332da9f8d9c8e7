import type { History } from "../../src/kernel/history/history.js";
import { startKernel } from "../../src/kernel/kernel.js";
import { decode, encode, type Incoming } from "../../src/kernel/wire/frames.js";
import type { RequestChannel, Transport } from "../../src/kernel/wire/transport.js";
import { type ScriptedInterpreter, scriptedInterpreter } from "./scripted-interpreter.js";

const KEY = "secret";

/** A kernel on a transport without sockets, and its one client. */
export interface FakeClient {
  readonly interpreter: ScriptedInterpreter;
  /** What the kernel wrote to its log. */
  readonly log: readonly string[];
  /** What the kernel sent, in order, with the channel; heads and signatures were checked. */
  readonly sent: readonly Sent[];
  /** Sends a request and gives its id. */
  send(
    type: string,
    content?: object,
    where?: { channel?: RequestChannel; buffers?: Uint8Array[]; parent?: string },
  ): string;
  sendFrames(channel: RequestChannel, frames: readonly Uint8Array[]): void;
  subscribe(topic: string): void;
  /** Resolves with the messages that a request caused, once it is idle. */
  idle(id: string): Promise<readonly Sent[]>;
  /** Resolves when a message that fits was sent. */
  until(fits: (sent: Sent) => boolean): Promise<Sent>;
  readonly ended: Promise<void>;
}

export interface Sent {
  readonly channel: RequestChannel | "iopub";
  readonly type: string;
  readonly content: Readonly<Record<string, unknown>>;
  readonly parent: unknown;
  readonly message: Incoming;
}

export const noHistory: History = { add: () => {}, find: async () => [], close: async () => {} };

export function fakeClient(history: History = noHistory): FakeClient {
  const [sent, log]: [Sent[], string[]] = [[], []];
  const interpreter = scriptedInterpreter();
  let receive: Parameters<Transport["onReceive"]>[0] = () => {};
  let subscribe: (topic: Uint8Array) => void = () => {};
  const wake: (() => void)[] = [];
  const transport: Transport = {
    onReceive(listener) {
      receive = listener;
    },
    onSubscribe(listener) {
      subscribe = listener;
    },
    onFull: () => {},
    start: () => {},
    send(channel, frames) {
      const read = decode(frames, KEY);
      if ("fault" in read) throw new Error(read.fault);
      const { header, content, parentHeader } = read.message;
      sent.push({ channel, type: header.msg_type, content, parent: parentHeader.msg_id, message: read.message });
      for (const notify of wake.splice(0)) notify();
    },
    delivered: async () => {},
    close: async () => {},
  };
  let onShutdown = () => {};
  const ended = new Promise<void>((resolve) => {
    onShutdown = resolve;
  });
  startKernel({
    transport,
    interpreter,
    history,
    language: "typescript",
    key: KEY,
    log: (line) => log.push(line),
    onAnswered: () => {},
    onShutdown,
  });

  const until = async (fits: (message: Sent) => boolean): Promise<Sent> => {
    for (;;) {
      const found = sent.find(fits);
      if (found) return found;
      await new Promise<void>((resolve) => wake.push(resolve));
    }
  };
  let count = 0;
  return {
    interpreter,
    log,
    sent,
    ended,
    until,
    send(type, content = {}, { channel = "shell", buffers, parent } = {}) {
      const id = `request ${count++}`;
      const header = { msg_id: id, msg_type: type, session: "client", version: "5.4" };
      const parentBytes = parent === undefined ? undefined : Buffer.from(JSON.stringify({ msg_id: parent }));
      receive(
        channel,
        encode({ identities: [Buffer.from("client")], header, parent: parentBytes, content, buffers }, KEY),
      );
      return id;
    },
    sendFrames: (channel, frames) => receive(channel, frames),
    subscribe: (topic) => subscribe(Buffer.from(topic)),
    async idle(id) {
      await until((message) => message.parent === id && message.content.execution_state === "idle");
      return sent.filter((message) => message.parent === id);
    },
  };
}

/** Messages as `channel type` with what tells them apart, for whole-result comparisons. */
export function brief(messages: readonly Sent[]): string[] {
  return messages.map(({ channel, type, content }) => {
    const { execution_state, text, status, data, ename } = content;
    const detail =
      execution_state ?? text ?? status ?? ename ?? (data as Record<string, unknown> | undefined)?.["text/plain"] ?? "";
    return `${channel} ${type} ${String(detail).trim()}`.trim();
  });
}
