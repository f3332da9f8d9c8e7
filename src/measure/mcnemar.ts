/**
 * Two-sided p of McNemar's test in its exact mid-p form (Fagerland, Lydersen and Laake 2013, BMC Medical Research
 * Methodology 13:91): of `lost + gained` discordant pairs, how likely is a split at least as uneven when either way is as
 * likely, with half of the chance of this very split. 1 when no pair is discordant.
 * @param lost and gained: counts of discordant pairs, whole numbers
 */
export function mcNemarP(lost: number, gained: number): number {
  const pairs = lost + gained;
  if (pairs === 0) return 1;
  const fewer = Math.min(lost, gained);
  // ln C(pairs, k) / 2^pairs for k = 0, 1, ..., in logarithms: 2^-1100 is 0 already.
  let log = -pairs * Math.LN2;
  let below = 0;
  for (let k = 0; k < fewer; k++) {
    below += Math.exp(log);
    log += Math.log((pairs - k) / (k + 1));
  }
  const here = Math.exp(log);
  const p = lost === gained ? 1 - here / 2 : 2 * below + here;
  return Math.min(1, Math.max(0, p));
}
