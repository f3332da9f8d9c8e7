/** What the machine did while latency was sampled: what a reader needs to trust, or not trust, a time. */
export interface Conditions {
  /** Logical CPUs that the sampling processes were held to; absent where the system cannot pin. */
  readonly pinned?: readonly number[];
  /** Effective clock, GHz, by a probe of dependent additions before, between and after the blocks; lowest, median, highest. */
  readonly clockGhz?: { readonly min: number; readonly median: number; readonly max: number };
  /** Share of CPU time, 0..1, that the hypervisor took from this machine meanwhile; absent where the system does not say. */
  readonly stealShare?: number;
  /** Share of CPU time, 0..1, that other processes used meanwhile; absent where the system does not say. */
  readonly busyShare?: number;
  /** Blocks whose samples were left out because the clock moved past the tolerance, of all that were sampled. */
  readonly discarded: { readonly blocks: number; readonly of: number };
  /** What a reader must know, in sentences: "another process used 48% of the machine". */
  readonly remarks: readonly string[];
}
