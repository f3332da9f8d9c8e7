/** A plain Jupyter client on ZeroMQ: the same for every kernel, so that what differs is the kernel's doing. */
import { type ChildProcess, spawn } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Dealer, Subscriber } from "zeromq";

/** How a kernel is started and stopped, as its `kernel.json` says. */
export interface KernelSpec {
  /** Program and arguments; `{connection_file}` stands for the path. */
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What Stop does: an `interrupt_request` on the control channel, or SIGINT to the process group. */
  readonly interruptMode: "message" | "signal";
}

export type Channel = "shell" | "control" | "stdin" | "iopub";

/** The fields of Jupyter's messages that tests look into; which are there depends on the type. */
export interface Content {
  readonly status?: "ok" | "error" | "aborted";
  readonly execution_state?: "busy" | "idle" | "starting";
  readonly execution_count?: number | null;
  readonly name?: "stdout" | "stderr";
  readonly text?: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly transient?: { readonly display_id?: string };
  readonly ename?: string;
  readonly evalue?: string;
  readonly traceback?: readonly string[];
  readonly matches?: readonly string[];
  readonly found?: boolean;
  readonly prompt?: string;
  readonly implementation?: string;
  readonly [field: string]: unknown;
}

export interface Message {
  readonly channel: Channel;
  readonly type: string;
  /** Id of the request that it belongs to; empty for none. */
  readonly parent: string;
  readonly header: Readonly<Record<string, unknown>>;
  readonly content: Content;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** One request and everything that came back for it, in order of arrival. */
export interface Exchange {
  readonly id: string;
  readonly messages: readonly Message[];
  readonly reply: Promise<Message>;
  /** Resolves with the idle status. */
  readonly idle: Promise<Message>;
  /** Resolves with the reply once idle came, too. */
  readonly done: Promise<Message>;
  /** Resolves with the first message on iopub or stdin, past or to come, that `matches`. */
  first(matches: (message: Message) => boolean): Promise<Message>;
}

export interface KernelClient {
  readonly process: ChildProcess;
  /** Milliseconds from before the process was made to its answer to `kernel_info_request`. */
  readonly readyMs: number;
  readonly info: Content;
  request(type: string, content?: object, channel?: "shell" | "control"): Exchange;
  /** An execute request with Jupyter's defaults. */
  execute(code: string, options?: object): Exchange;
  /** Answers an `input_request`. */
  answer(request: Message, value: string): void;
  /** Stop, as the kernel spec wants it. */
  interrupt(): void;
  /** Messages that belong to no request of this client. */
  readonly others: readonly Message[];
  /** Ends the kernel politely, else by force; says how it went. */
  close(): Promise<"polite" | "killed" | "was dead">;
}

const DELIMITER = "<IDS|MSG>";

/** Starts a kernel and waits until it answers and its iopub channel is heard. Rejects when it dies or `timeoutMs` pass. */
export async function startKernel(spec: KernelSpec, folder: string, timeoutMs = 60_000): Promise<KernelClient> {
  const scratch = mkdtempSync(join(tmpdir(), "nibble-client-"));
  const [shell, iopub, stdin, control, hb] = await freePorts(5);
  const key = randomUUID();
  const file = join(scratch, "connection.json");
  const ports = { shell_port: shell, iopub_port: iopub, stdin_port: stdin, control_port: control, hb_port: hb };
  writeFileSync(
    file,
    JSON.stringify({
      transport: "tcp",
      ip: "127.0.0.1",
      key,
      signature_scheme: "hmac-sha256",
      kernel_name: "",
      ...ports,
    }),
  );
  const session = randomUUID();
  const dealers = {
    shell: dealer(session, shell),
    control: dealer(session, control),
    stdin: dealer(session, stdin),
  };
  const sub = new Subscriber({ receiveHighWaterMark: 0, reconnectInterval: 5, linger: 0 });
  sub.subscribe("");
  sub.connect(`tcp://127.0.0.1:${iopub}`);

  const started = performance.now();
  const [program = "", ...args] = spec.argv.map((part) => part.replace("{connection_file}", file));
  // A process group of its own, as Jupyter makes it: Stop by signal goes to the group.
  const child = spawn(program, args, {
    cwd: folder,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...spec.env, JPY_PARENT_PID: String(process.pid) },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      said = (said + chunk).slice(-4000);
    });
  }
  const ended = new Promise<string>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("exit", (code, signal) => resolve(`the kernel ended with ${signal ?? code}: ${said.trim()}`));
  });
  const inbox = openInbox(key, ended);
  for (const [channel, socket] of Object.entries(dealers)) void inbox.listen(channel as Channel, socket);
  void inbox.listen("iopub", sub);

  const send = (channel: "shell" | "control" | "stdin", type: string, content: object, parent: object = {}) => {
    const header = {
      msg_id: randomUUID(),
      session,
      username: "test",
      date: new Date().toISOString(),
      msg_type: type,
      version: "5.4",
    };
    const parts = [header, parent, {}, content].map((part) => JSON.stringify(part));
    inbox.queue(channel, () => dealers[channel].send([DELIMITER, sign(key, parts), ...parts]));
    return header.msg_id;
  };
  const request = (type: string, content: object = {}, channel: "shell" | "control" = "shell") =>
    inbox.expect(send(channel, type, content));

  const close = async () => {
    const alive = () => child.exitCode === null && child.signalCode === null;
    let how: "polite" | "killed" | "was dead" = "was dead";
    if (alive()) {
      send("control", "shutdown_request", { restart: false });
      how = (await within(10_000, ended)) === undefined ? "killed" : "polite";
    }
    try {
      process.kill(-(child.pid ?? 0), "SIGKILL");
    } catch {
      // The whole group is gone: as it should be.
    }
    for (const socket of [...Object.values(dealers), sub]) socket.close();
    rmSync(scratch, { recursive: true, force: true });
    return how;
  };

  const ready = async () => {
    const { content } = await request("kernel_info_request").reply;
    const readyMs = performance.now() - started;
    // A subscription takes a moment; what a kernel publishes before it is lost to every client alike.
    for (;;) if ((await within(200, request("kernel_info_request").done)) !== undefined) return { readyMs, content };
  };
  const first = await within(timeoutMs, ready()).catch(async (error) => {
    await close();
    throw error;
  });
  if (!first) {
    await close();
    throw new Error(`the kernel did not answer within ${timeoutMs} ms: ${said.trim()}`);
  }
  return {
    process: child,
    readyMs: first.readyMs,
    info: first.content,
    request,
    execute: (code, options) =>
      request("execute_request", {
        code,
        silent: false,
        store_history: true,
        user_expressions: {},
        allow_stdin: false,
        stop_on_error: true,
        ...options,
      }),
    answer: (to, value) => void send("stdin", "input_reply", { status: "ok", value }, to.header),
    interrupt() {
      if (spec.interruptMode === "message") send("control", "interrupt_request", {});
      else process.kill(-(child.pid ?? 0), "SIGINT");
    },
    others: inbox.others,
    close,
  };
}

/** What a promise gives, or undefined when it takes longer than `ms`. */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Sorts what arrives by the request that it belongs to. */
function openInbox(key: string, ended: Promise<string>) {
  const others: Message[] = [];
  const open = new Map<string, (message: Message) => void>();
  const sending = new Map<string, Promise<unknown>>();
  const listen = async (channel: Channel, socket: Dealer | Subscriber) => {
    for await (const frames of socket) {
      const message = readMessage(channel, frames, key);
      const take = open.get(message.parent);
      if (take) take(message);
      else others.push(message);
    }
  };
  // A socket of zeromq.js takes one message at a time.
  const queue = (channel: string, work: () => Promise<unknown>) => {
    sending.set(
      channel,
      (sending.get(channel) ?? Promise.resolve()).then(work).catch(() => undefined),
    );
  };
  const expect = (id: string): Exchange => {
    const messages: Message[] = [];
    const waiting = new Set<(message: Message) => void>();
    open.set(id, (message) => {
      messages.push(message);
      for (const look of waiting) look(message);
    });
    const first = (matches: (message: Message) => boolean) =>
      new Promise<Message>((resolve, reject) => {
        const look = (message: Message) => {
          if (!matches(message)) return;
          waiting.delete(look);
          resolve(message);
        };
        waiting.add(look);
        for (const message of messages) look(message);
        void ended.then((reason) => reject(new Error(reason)));
      });
    const reply = first(({ channel }) => channel === "shell" || channel === "control");
    const idle = first(({ type, content }) => type === "status" && content.execution_state === "idle");
    const done = Promise.all([reply, idle]).then(([message]) => message);
    // Whoever waits for one of them hears of the kernel's end; the others need not.
    for (const promise of [reply, idle, done]) promise.catch(() => undefined);
    return { id, messages, reply, idle, done, first };
  };
  return { others, listen, queue, expect };
}

function readMessage(channel: Channel, frames: readonly Buffer[], key: string): Message {
  const start = frames.findIndex((frame) => frame.equals(Buffer.from(DELIMITER)));
  const [signature = "", ...parts] = frames.slice(start + 1, start + 6).map((frame) => frame.toString());
  if (start < 0 || signature !== sign(key, parts))
    throw new Error(`a message on ${channel} is not signed as it should be`);
  const [header, parent, metadata, content] = parts.map((part) => JSON.parse(part));
  return { channel, type: header.msg_type, parent: parent?.msg_id ?? "", header, content, metadata };
}

function sign(key: string, parts: readonly string[]): string {
  const hmac = createHmac("sha256", key);
  for (const part of parts) hmac.update(part);
  return hmac.digest("hex");
}

function dealer(session: string, port: number | undefined): Dealer {
  const socket = new Dealer({ routingId: session, receiveHighWaterMark: 0, reconnectInterval: 5, linger: 0 });
  socket.connect(`tcp://127.0.0.1:${port}`);
  return socket;
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer().listen(0, "127.0.0.1", () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as { readonly port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
