import type { TypeScriptService } from "./service.js";

/** What the thread of the compiler does by request: every method of the service but its end. */
export type Method = Exclude<keyof TypeScriptService, "dispose">;

/** Handed to the thread when it starts. */
export interface ThreadOptions {
  readonly folder: string;
  /** Load and check something small at once, so that the first cell finds everything warm. */
  readonly warm: boolean;
}

export interface ThreadRequest {
  readonly id: number;
  readonly method: Method;
  readonly parameters: readonly unknown[];
}

/** Answer to the request of the same id. */
export type ThreadReply =
  | { readonly id: number; readonly value: unknown }
  /** A fault of ours, never a mistake in a cell. */
  | { readonly id: number; readonly fault: string };
