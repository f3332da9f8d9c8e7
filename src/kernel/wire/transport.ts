/** Channels on which requests and replies travel. */
export type RequestChannel = "shell" | "control" | "stdin";

/** Carries frames to and from clients; knows nothing of messages. Handlers are tested on one without sockets. */
export interface Transport {
  /** Called for each multipart message, in the order of its channel. Set once, before `start`. */
  onReceive(listener: (channel: RequestChannel, frames: readonly Uint8Array[]) => void): void;
  /** Called with the topic when a client subscribes to iopub. */
  onSubscribe(listener: (topic: Uint8Array) => void): void;
  /**
   * Called with true when so much waits to be sent on iopub that no more should be made, with false when that has gone:
   * no message is lost to a slow client, and memory stays bounded. Set once, before `start`.
   */
  onFull(listener: (full: boolean) => void): void;
  /** Begins to receive. */
  start(): void;
  /** Sends in the order of the calls. */
  send(channel: RequestChannel | "iopub", frames: readonly Uint8Array[]): void;
  /** Resolves when every message that has reached the channel's socket was given to the listener. */
  delivered(channel: RequestChannel): Promise<void>;
  /** Sends what is left, then closes. Nothing is received or sent afterwards. */
  close(): Promise<void>;
}
