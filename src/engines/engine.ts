import type { Tensor } from "../tensor/tensor.js";

export type OptimizationLevel = "disabled" | "basic" | "extended" | "layout" | "all";

export interface SessionOptions {
  readonly threads: number;
  readonly optimization: OptimizationLevel;
  /** Where to write the graph that the engine really runs, for attestation. */
  readonly optimizedModelPath?: string;
  /** Where to write the engine's own profile of its runs, without the ending that the engine adds; written by `close`. */
  readonly profilePath?: string;
  /** Extra entries of the engine's own configuration, e.g. `session.x64quantprecision`. */
  readonly extra?: Readonly<Record<string, string>>;
}

/** Tensors by name of the graph's input or output. */
export type Feeds = Readonly<Record<string, Tensor>>;

export interface InferenceSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: Feeds): Promise<Readonly<Record<string, Tensor>>>;
  /** Turns feeds into the engine's own tensors once, so that a timed run holds nothing but the engine's work. */
  bind(feeds: Feeds): BoundRun;
  close(): Promise<void>;
}

/** One inference over bound feeds; outputs stay in the engine. */
export type BoundRun = () => Promise<void>;

/** An inference engine in this process. `src/run` puts it into child processes; nothing here knows about those. */
export interface Engine {
  readonly name: string;
  readonly version: string;
  /** @param model ONNX bytes, or the path of a file (needed past 2 GiB). */
  load(model: Uint8Array | string, options: SessionOptions): Promise<InferenceSession>;
}
