/** A rule that was declared before a trial began: its evaluation ends once the drop is surely above `limit`. */
export interface StopRule {
  /** 0..1: share of the samples that fp32 has right and the trial wrong, less the reverse. */
  readonly limit: number;
}

/** Chance that a trial whose drop over the whole test split is not above the limit is ended all the same: at most this. */
export const STOP_ERROR = 0.01;

/** Bets of one stake each, shares of what may be staked; their average is the wealth. */
const stakes = [0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9];

/**
 * Watches paired differences come in, in random order and without replacement, and says when their mean over the whole
 * test split is surely above the limit: a betting confidence sequence (Waudby-Smith and Ramdas 2024, J. Royal
 * Statistical Society B 86:1-27, section 5). Before sample t, m_t = (N limit - sum so far) / (N - t + 1) is the most that
 * the mean of what is left can be if the limit holds; a stake of c / (1 + m_t) on "above m_t" then multiplies the wealth
 * by 1 + c (x_t - m_t) / (1 + m_t) and is a fair game at best, so the wealth ever reaches 1 / 0.01 with a chance of at
 * most 0.01 (Ville 1939), however often one looks.
 * @param samples of the whole test split
 */
export function watchDrop({ limit }: StopRule, samples: number) {
  const logWealth = new Float64Array(stakes.length);
  let sum = 0;
  let seen = 0;
  let certain = false;
  return {
    /** @param difference fp32 minus the trial on one sample: 1, 0 or -1 */
    add(difference: number): void {
      const most = (samples * limit - sum) / (samples - seen);
      sum += difference;
      seen++;
      // Even if the trial were right and fp32 wrong on all that is left, the drop would be above the limit.
      if (most < -1) certain = true;
      if (most <= -1) return;
      for (const [i, stake] of stakes.entries()) {
        const factor = 1 + (stake * (difference - most)) / (1 + most);
        logWealth[i] = (logWealth[i] as number) + Math.log(factor);
      }
    },
    /** True once it is; it stays so. */
    isHopeless(): boolean {
      if (!certain) {
        const wealth = logWealth.reduce((total, log) => total + Math.exp(Math.min(700, log)), 0) / stakes.length;
        certain = wealth >= 1 / STOP_ERROR;
      }
      return certain;
    },
  };
}
