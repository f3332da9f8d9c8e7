import { Buffer } from "node:buffer";
import { randomUUID } from "node:crypto";
import type { CellOutput, CommMessage } from "../outputs.js";

/** One end of a comm, for user code. Data must be plain JSON. */
export interface Comm {
  readonly id: string;
  readonly target: string;
  send(data: unknown, metadata?: unknown, buffers?: readonly Uint8Array[]): void;
  /** Replaces the earlier listener. Buffers come decoded. */
  onMessage(listener: (data: unknown, buffers: readonly Uint8Array[]) => void): void;
  onClose(listener: (data: unknown) => void): void;
  close(data?: unknown): void;
}

/** The global `comm` of cells: the two-way channel between a notebook's kernel and widgets in its frontend. */
export interface CommApi {
  /** Called when the frontend opens a comm with this target. */
  register(target: string, onOpen: (comm: Comm, data: unknown) => void): void;
  unregister(target: string): void;
  open(target: string, data?: unknown): Comm;
}

export interface Comms {
  readonly api: CommApi;
  /** A message from the frontend; runs listeners of the user, which may throw. */
  receive(message: CommMessage): void;
}

interface Open {
  readonly comm: Comm;
  message?: (data: unknown, buffers: readonly Uint8Array[]) => void;
  closed?: (data: unknown) => void;
}

export function createComms(emit: (output: CellOutput) => void, announce: (targets: readonly string[]) => void): Comms {
  const targets = new Map<string, (comm: Comm, data: unknown) => void>();
  const open = new Map<string, Open>();

  const add = (id: string, target: string): Open => {
    const comm: Comm = {
      id,
      target,
      send(data, metadata, buffers) {
        if (!open.has(id)) throw new Error(`the comm ${id} is closed`);
        const sent = buffers?.map((bytes) => Buffer.from(bytes).toString("base64"));
        emit({
          kind: "comm-message",
          commId: id,
          data,
          ...(metadata === undefined ? {} : { metadata }),
          ...(sent === undefined ? {} : { buffers: sent }),
        });
      },
      onMessage: (listener) => {
        entry.message = listener;
      },
      onClose: (listener) => {
        entry.closed = listener;
      },
      close(data = {}) {
        if (open.delete(id)) emit({ kind: "comm-close", commId: id, data });
      },
    };
    const entry: Open = { comm };
    open.set(id, entry);
    return entry;
  };

  return {
    api: {
      register(target, onOpen) {
        targets.set(target, onOpen);
        announce([...targets.keys()]);
      },
      unregister(target) {
        targets.delete(target);
        announce([...targets.keys()]);
      },
      open(target, data = {}) {
        const id = randomUUID();
        const { comm } = add(id, target);
        emit({ kind: "comm-open", commId: id, target, data });
        return comm;
      },
    },
    receive(message) {
      if (message.kind === "comm-open") {
        const onOpen = targets.get(message.target);
        if (onOpen) onOpen(add(message.commId, message.target).comm, message.data);
        else emit({ kind: "comm-close", commId: message.commId, data: {} });
        return;
      }
      const entry = open.get(message.commId);
      if (message.kind === "comm-close") {
        open.delete(message.commId);
        entry?.closed?.(message.data);
      } else {
        entry?.message?.(
          message.data,
          (message.buffers ?? []).map((text) => Buffer.from(text, "base64")),
        );
      }
    },
  };
}
