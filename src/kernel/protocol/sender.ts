import { randomUUID } from "node:crypto";
import { userInfo } from "node:os";
import { encode, type Incoming, type Outgoing } from "../wire/frames.js";
import type { RequestChannel, Transport } from "../wire/transport.js";

/** Version of the messaging protocol that the kernel speaks: https://jupyter-client.readthedocs.io/en/latest/messaging.html */
export const PROTOCOL_VERSION = "5.5";

/** A message from a client and the channel on which it came, where its reply goes. */
export interface Request {
  readonly channel: RequestChannel;
  readonly message: Incoming;
}

/** What a message may carry beside its content. */
export interface Extras {
  readonly metadata?: unknown;
  readonly buffers?: readonly Uint8Array[] | undefined;
}

/** Sends messages: heads, parents and signatures are its affair. */
export interface Sender {
  /** Answers on the request's channel. */
  reply(request: Request, type: string, content: object): void;
  /** Tells every client, on iopub; `parent` is the request that caused it. */
  publish(type: string, content: object, parent: Incoming | undefined, extras?: Extras): void;
  /** Asks the one client that sent `request`, on stdin; returns the id of the question. */
  ask(request: Request, content: object): string;
  /** Welcomes a subscriber of iopub, which then knows that nothing later is missed. */
  welcome(topic: Uint8Array): void;
}

export function createSender(transport: Transport, key: string, log: (line: string) => void): Sender {
  const session = randomUUID();
  const username = nameOfUser();
  let sent = 0;
  const send = (channel: RequestChannel | "iopub", type: string, message: Omit<Outgoing, "header">): string => {
    const id = `${session}_${sent++}`;
    const date = new Date().toISOString();
    const header = { msg_id: id, msg_type: type, username, session, date, version: PROTOCOL_VERSION };
    try {
      transport.send(channel, encode({ ...message, header }, key));
    } catch (error) {
      log(`a ${type} message could not be sent: ${(error as Error).message}`);
    }
    return id;
  };
  return {
    reply({ channel, message }, type, content) {
      send(channel, type, { identities: message.identities, parent: message.rawHeader, content });
    },
    publish(type, content, parent, extras) {
      const identities = [Buffer.from(`kernel.${session}.${type}`)];
      send("iopub", type, { ...extras, identities, parent: parent?.rawHeader, content });
    },
    ask({ message }, content) {
      return send("stdin", "input_request", {
        identities: message.identities,
        parent: message.rawHeader,
        content,
      });
    },
    welcome(topic) {
      const subscription = Buffer.from(topic).toString("utf8");
      send("iopub", "iopub_welcome", { identities: [topic], content: { subscription } });
    },
  };
}

function nameOfUser(): string {
  try {
    return userInfo().username;
  } catch {
    return "kernel"; // a container may run under a number without a name
  }
}
