/** Largest resident memory that this process has had, bytes. Meaningful for one model in a fresh process only. */
export function peakRssBytes(): number {
  // libuv gives kilobytes on every system.
  return process.resourceUsage().maxRSS * 1024;
}
