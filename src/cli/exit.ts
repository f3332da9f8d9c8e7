/** Exit codes of `nibble`. */
export const EXIT = {
  ok: 0,
  /** An `expect` clause did not hold. */
  expectation: 1,
  /** The program, or the command line, is wrong; nothing ran. */
  wrongProgram: 2,
  /** A trial failed, or results could not be written. */
  trial: 3,
  /** Stopped by Ctrl-C (128 + SIGINT, as shells have it). */
  interrupted: 130,
} as const;
