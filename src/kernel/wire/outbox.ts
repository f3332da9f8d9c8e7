import { setTimeout as sleep } from "node:timers/promises";

/** How messages of one channel leave. */
export interface Sending {
  /** False when some client has so much unread that this message was refused, by all; then it can be tried again. */
  send(frames: readonly Uint8Array[]): Promise<boolean>;
  /** Sends without regard to clients that have too much unread: they miss it. */
  sendToOthers?(frames: readonly Uint8Array[]): Promise<void>;
}

/** Sends messages in order; those that come meanwhile wait. */
export interface Outbox {
  send(frames: readonly Uint8Array[]): void;
  /** Resolves when all were sent. */
  empty(): Promise<void>;
}

/** Bytes that may wait; above them whoever makes messages is to stop. */
export const FULL_BYTES = 64 * 1024 * 1024;

/** What was refused is tried again after this time, in milliseconds. */
const AGAIN_MS = 5;

/** A client that has taken nothing for so long, in milliseconds, is asleep or gone, and holds the others up no longer. */
const LONGEST_REFUSAL_MS = 15_000;

/** @param onFull told when more than FULL_BYTES wait, and when less than half of that is left */
export function createOutbox(
  sending: Sending,
  onFull: (full: boolean) => void = () => {},
  longestRefusalMs = LONGEST_REFUSAL_MS,
): Outbox {
  let waiting: (readonly Uint8Array[])[] = [];
  let bytes = 0;
  let full = false;
  let draining: Promise<void> | undefined;
  /** Some client has stopped reading: until one message is taken by all, nobody waits for it. */
  let asleep = false;

  const count = (change: number) => {
    bytes += change;
    const now = full ? bytes > FULL_BYTES / 2 : bytes > FULL_BYTES;
    if (now === full) return;
    full = now;
    onFull(full);
  };

  const deliver = async (frames: readonly Uint8Array[]) => {
    const since = performance.now();
    while (!(await sending.send(frames))) {
      asleep ||= performance.now() - since > longestRefusalMs;
      if (asleep) return await sending.sendToOthers?.(frames);
      await sleep(AGAIN_MS);
    }
    asleep = false;
  };

  const drain = async () => {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      for (const frames of batch) {
        await deliver(frames);
        count(-sizeOf(frames));
      }
    }
    draining = undefined;
  };
  return {
    send(frames) {
      waiting.push(frames);
      count(sizeOf(frames));
      draining ??= drain();
    },
    async empty() {
      await draining;
    },
  };
}

function sizeOf(frames: readonly Uint8Array[]): number {
  return frames.reduce((sum, frame) => sum + frame.length, 0);
}
