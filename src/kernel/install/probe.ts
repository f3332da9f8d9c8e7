import { spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Dealer } from "zeromq";
import { CHANNELS, type ConnectionInfo, endpoint } from "../wire/connection-file.js";
import { decode, encode } from "../wire/frames.js";

/** What came of starting a kernel as Jupyter does. */
export type Probe =
  | { readonly ok: true; readonly implementation: string; readonly language: string; readonly answeredMs: number }
  | { readonly ok: false; readonly reason: string };

const ANSWER_MS = 60_000;
const GOODBYE_MS = 5_000;

/**
 * Starts a kernel over a connection file, asks it `kernel_info`, and shuts it down. Never rejects.
 * @param argv of `kernel.json`
 */
export async function probeKernel(argv: readonly string[], folder: string): Promise<Probe> {
  const scratch = mkdtempSync(join(tmpdir(), "nibble-doctor-"));
  try {
    const info = await freeConnection();
    const file = join(scratch, "connection.json");
    writeFileSync(file, JSON.stringify(connectionFile(info)), { mode: 0o600 });
    return await startAndAsk(
      argv.map((word) => word.replaceAll("{connection_file}", file)),
      folder,
      info,
    );
  } catch (error) {
    return { ok: false, reason: (error as Error).message };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function startAndAsk(argv: readonly string[], cwd: string, info: ConnectionInfo): Promise<Probe> {
  const [program = "", ...args] = argv;
  const started = performance.now();
  const child = spawn(program, args, { cwd, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-10_000);
  });
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(lastLine(said) ?? `it ended with ${code ?? signal}`));
  });
  const sockets = { shell: new Dealer({ linger: 0 }), control: new Dealer({ linger: 0 }) };
  try {
    sockets.shell.connect(endpoint(info, "shell"));
    sockets.control.connect(endpoint(info, "control"));
    const answer = ask(sockets.shell, "kernel_info_request", {}, info.key);
    const content = await Promise.race([answer, ended, after(ANSWER_MS)]);
    if (typeof content === "string") return { ok: false, reason: content };
    if (content === undefined) return { ok: false, reason: `no answer within ${ANSWER_MS / 1000} s` };
    await Promise.race([
      ask(sockets.control, "shutdown_request", { restart: false }, info.key),
      ended,
      after(GOODBYE_MS),
    ]);
    await Promise.race([ended, after(GOODBYE_MS)]);
    const language = content.language_info as { readonly name?: string } | undefined;
    return {
      ok: true,
      implementation: `${content.implementation} ${content.implementation_version}`,
      language: language?.name ?? "",
      answeredMs: performance.now() - started,
    };
  } finally {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    for (const socket of Object.values(sockets)) socket.close();
  }
}

/** Sends one request and waits for the reply; ZeroMQ delivers it as soon as the kernel has bound its socket. */
async function ask(
  socket: Dealer,
  type: string,
  content: object,
  key: string,
): Promise<Readonly<Record<string, unknown>>> {
  const header = {
    msg_id: randomUUID(),
    session: randomUUID(),
    username: "nibble",
    date: new Date().toISOString(),
    msg_type: type,
    version: "5.4",
  };
  await socket.send(encode({ identities: [], header, content }, key));
  for await (const frames of socket) {
    const decoded = decode(frames, key);
    if (!("message" in decoded)) throw new Error(`the answer to ${type} is broken: ${decoded.fault}`);
    if (decoded.message.parentHeader.msg_id === header.msg_id) return decoded.message.content;
  }
  throw new Error("the socket was closed");
}

function after(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, ms, undefined).unref());
}

function lastLine(text: string): string | undefined {
  return text.trim().split("\n").at(-1) || undefined;
}

/** Ports that were free a moment ago: what every Jupyter client does. */
async function freeConnection(): Promise<ConnectionInfo> {
  const servers = CHANNELS.map(() => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return {
    transport: "tcp",
    ip: "127.0.0.1",
    ports: Object.fromEntries(CHANNELS.map((channel, i) => [channel, ports[i]])) as ConnectionInfo["ports"],
    key: randomBytes(32).toString("hex"),
  };
}

function connectionFile({ transport, ip, ports, key }: ConnectionInfo): object {
  return {
    transport,
    ip,
    key,
    signature_scheme: "hmac-sha256",
    ...Object.fromEntries(Object.entries(ports).map(([channel, port]) => [`${channel}_port`, port])),
  };
}
