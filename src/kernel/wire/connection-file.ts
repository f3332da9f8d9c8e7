import { readFileSync } from "node:fs";

/** Where a kernel listens and how its messages are signed: what a Jupyter client writes before it starts a kernel. */
export interface ConnectionInfo {
  readonly transport: "tcp" | "ipc";
  /** A loopback address for TCP; the path that socket files begin with for IPC. */
  readonly ip: string;
  readonly ports: Readonly<Record<Channel, number>>;
  /** Key of HMAC-SHA256; empty when messages are not signed. */
  readonly key: string;
}

/** The five sockets of a kernel. */
export type Channel = "shell" | "control" | "stdin" | "iopub" | "hb";

export const CHANNELS: readonly Channel[] = ["shell", "control", "stdin", "iopub", "hb"];

/** A kernel that cannot start: one line for people, without a stack. */
export class StartError extends Error {}

/** A connection file is a few hundred bytes; a larger one is some other file. */
const LARGEST_BYTES = 64 * 1024;

/** @throws {StartError} when the file cannot be read or is not a connection file that we serve; the message names file and field */
export function readConnectionFile(file: string): ConnectionInfo {
  const fault = (what: string) => new StartError(`connection file ${file}: ${what}`);
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw fault(code === "ENOENT" ? "there is no such file" : `cannot be read (${code ?? String(error)})`);
  }
  if (bytes.length > LARGEST_BYTES) throw fault(`is larger than ${LARGEST_BYTES} bytes`);
  let content: unknown;
  try {
    content = JSON.parse(bytes.toString("utf8"));
  } catch {
    throw fault("is not JSON");
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) throw fault("is not a JSON object");
  return connectionInfo(content as Record<string, unknown>, fault);
}

function connectionInfo(fields: Record<string, unknown>, fault: (what: string) => StartError): ConnectionInfo {
  const text = (name: string, otherwise?: string): string => {
    const value = fields[name] ?? otherwise;
    if (typeof value !== "string") throw fault(value === undefined ? `has no "${name}"` : `"${name}" is not text`);
    return value;
  };
  const transport = text("transport", "tcp");
  if (transport !== "tcp" && transport !== "ipc") throw fault(`transport "${transport}" is neither "tcp" nor "ipc"`);
  const ip = text("ip", transport === "tcp" ? "127.0.0.1" : undefined);
  if (transport === "tcp" && !isLoopback(ip)) {
    throw fault(`ip "${ip}" is not a loopback address; this kernel listens on this machine alone`);
  }
  const key = text("key", "");
  const scheme = text("signature_scheme", "hmac-sha256");
  if (key !== "" && scheme !== "hmac-sha256") throw fault(`signature_scheme "${scheme}" is not "hmac-sha256"`);
  return { transport, ip, ports: portsOf(fields, fault), key };
}

function portsOf(fields: Record<string, unknown>, fault: (what: string) => StartError): Record<Channel, number> {
  const taken = new Map<number, string>();
  const port = (channel: Channel): number => {
    const name = `${channel}_port`;
    const value = fields[name];
    if (value === undefined) throw fault(`has no "${name}"`);
    if (typeof value !== "number" || !Number.isInteger(value) || value < 1 || value > 65535) {
      throw fault(`"${name}" is not a port, a whole number from 1 to 65535`);
    }
    const other = taken.get(value);
    if (other !== undefined) throw fault(`"${other}" and "${name}" are the same port, ${value}`);
    taken.set(value, name);
    return value;
  };
  return {
    shell: port("shell"),
    control: port("control"),
    stdin: port("stdin"),
    iopub: port("iopub"),
    hb: port("hb"),
  };
}

function isLoopback(ip: string): boolean {
  return ip === "localhost" || ip === "::1" || /^127(\.\d{1,3}){3}$/.test(ip);
}

/** The address of a socket as ZeroMQ writes it. */
export function endpoint({ transport, ip, ports }: ConnectionInfo, channel: Channel): string {
  if (transport === "ipc") return `ipc://${ip}-${ports[channel]}`;
  const host = ip === "localhost" ? "127.0.0.1" : ip;
  return `tcp://${host.includes(":") ? `[${host}]` : host}:${ports[channel]}`;
}
