import { setImmediate as nextTurn } from "node:timers/promises";
import { Reply, Router, XPublisher } from "zeromq";
import { CHANNELS, type ConnectionInfo, endpoint, StartError } from "./connection-file.js";
import { createOutbox, type Sending } from "./outbox.js";
import type { RequestChannel, Transport } from "./transport.js";

/** A frame of more bytes is refused by ZeroMQ itself, which drops the connection that sends it. */
const LARGEST_FRAME_BYTES = 1024 * 1024 * 1024;

/** How long closing waits for clients to take what was sent, in milliseconds. */
const LINGER_MS = 1000;

/** Messages that ZeroMQ keeps for a subscriber of iopub who does not read; text comes in messages of up to 256 KB. */
const MOST_KEPT = 256;

/**
 * Binds the five sockets of a connection file. The heartbeat echoes from then on.
 * @throws {StartError} naming the address that cannot be had
 */
export async function bindSockets(info: ConnectionInfo): Promise<Transport> {
  const common = { linger: LINGER_MS, maxMessageSize: LARGEST_FRAME_BYTES, ipv6: info.ip.includes(":") };
  // A client that comes back under its old identity takes the place of its dead connection.
  const router = () => new Router({ ...common, handover: true, sendHighWaterMark: 0, receiveHighWaterMark: 0 });
  const sockets = {
    shell: router(),
    control: router(),
    stdin: router(),
    // A publisher drops what is above its limit unless it is told to refuse it; no line of output may be lost.
    iopub: new XPublisher({ ...common, sendHighWaterMark: MOST_KEPT, noDrop: true }),
    hb: new Reply({ ...common }),
  };
  sockets.iopub.verbosity = "allSubs";
  for (const channel of CHANNELS) {
    const address = endpoint(info, channel);
    try {
      await sockets[channel].bind(address);
    } catch (error) {
      for (const socket of Object.values(sockets)) socket.close();
      const { code, message } = error as NodeJS.ErrnoException;
      throw new StartError(
        `${channel}: cannot listen on ${address}: ${code === "EADDRINUSE" ? "the address is taken" : (code ?? message)}`,
      );
    }
  }
  void echo(sockets.hb);
  return transportOf(sockets);
}

interface Sockets extends Record<RequestChannel, Router> {
  readonly iopub: XPublisher;
  readonly hb: Reply;
}

function transportOf(sockets: Sockets): Transport {
  let receive: (channel: RequestChannel, frames: readonly Uint8Array[]) => void = () => {};
  let subscribe: (topic: Uint8Array) => void = () => {};
  let full: (isFull: boolean) => void = () => {};
  const outbox = {
    shell: createOutbox(sendingOf(sockets.shell)),
    control: createOutbox(sendingOf(sockets.control)),
    stdin: createOutbox(sendingOf(sockets.stdin)),
    iopub: createOutbox(publishingOf(sockets.iopub), (isFull) => full(isFull)),
  };
  return {
    onReceive: (listener) => {
      receive = listener;
    },
    onSubscribe: (listener) => {
      subscribe = listener;
    },
    onFull: (listener) => {
      full = listener;
    },
    start() {
      for (const channel of ["control", "shell", "stdin"] as const) {
        void eachMessage(sockets[channel], (frames) => receive(channel, frames));
      }
      // 1 and a topic: somebody subscribes; 0: leaves.
      void eachMessage(sockets.iopub, ([frame]) => frame?.[0] === 1 && subscribe(frame.subarray(1)));
    },
    send: (channel, frames) => outbox[channel].send(frames),
    async delivered(channel) {
      do await nextTurn();
      while (!sockets[channel].closed && sockets[channel].readable);
      await nextTurn();
    },
    async close() {
      await Promise.all(Object.values(outbox).map(({ empty }) => empty()));
      for (const socket of Object.values(sockets)) socket.close();
    },
  };
}

/** A client that has gone cannot be sent to; that is its own affair. */
function sendingOf(socket: Router): Sending {
  return {
    async send(frames) {
      await socket.send([...frames]).catch(() => {});
      return true;
    },
  };
}

function publishingOf(socket: XPublisher): Sending {
  const send = async (frames: readonly Uint8Array[]) => {
    try {
      await socket.send([...frames]);
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code !== "EAGAIN";
    }
  };
  return {
    send,
    async sendToOthers(frames) {
      socket.noDrop = false;
      await send(frames);
      if (!socket.closed) socket.noDrop = true;
    },
  };
}

async function eachMessage(
  socket: AsyncIterable<readonly Uint8Array[]> & { readonly closed: boolean },
  listener: (frames: readonly Uint8Array[]) => void,
): Promise<void> {
  try {
    for await (const frames of socket) listener(frames);
  } catch (error) {
    if (!socket.closed) throw error;
  }
}

async function echo(heartbeat: Reply): Promise<void> {
  try {
    for await (const frames of heartbeat) await heartbeat.send(frames);
  } catch (error) {
    if (!heartbeat.closed) throw error;
  }
}
