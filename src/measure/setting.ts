/** With what something was timed. */
export interface TimedSetting {
  /** Samples in one run. */
  readonly batch: number;
  readonly threads: number;
  /** Of a language model: `prefill` takes all tokens of a prompt at once, `decode` one behind a cache of those before it. */
  readonly phase?: "prefill" | "decode";
  /** With `phase`: tokens of the prompt, or in the cache when decoding. */
  readonly context?: number;
}

/** Whether two results were timed alike. */
export function sameSetting(a: Partial<TimedSetting>, b: Partial<TimedSetting>): boolean {
  return a.batch === b.batch && a.threads === b.threads && a.phase === b.phase && a.context === b.context;
}

/** The setting alone, of whatever was timed with it. */
export function settingOnly({ batch, threads, phase, context }: TimedSetting): TimedSetting {
  return {
    batch,
    threads,
    ...(phase === undefined ? {} : { phase }),
    ...(context === undefined ? {} : { context }),
  };
}

/** Tokens that one run of a phase takes in; undefined where no phase was timed. */
export function tokensOfRun({ batch, phase, context = 1 }: TimedSetting): number | undefined {
  if (phase === undefined) return undefined;
  return phase === "decode" ? batch : batch * context;
}
