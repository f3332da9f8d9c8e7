import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

const HOURS = 24;

/**
 * Remembers for a day that a step failed, so that each `npm test` of a machine without a network does not wait for it again.
 * @typedef {object} Memory
 * @property {() => string | undefined} recall the reason, while it counts
 * @property {(reason: string) => void} remember
 * @property {() => void} forget
 */

/**
 * @param {string} file
 * @param {{ ignore: boolean, now?: () => number }} options `ignore`: try again whatever happened before
 * @returns {Memory}
 */
export function memoryIn(file, { ignore, now = Date.now }) {
  return {
    recall() {
      if (ignore) return undefined;
      try {
        const { reason, at } = JSON.parse(readFileSync(file, "utf8"));
        return now() - Date.parse(at) < HOURS * 3_600_000 ? reason : undefined;
      } catch {
        return undefined;
      }
    },
    remember(reason) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, JSON.stringify({ reason, at: new Date(now()).toISOString() }));
    },
    forget() {
      rmSync(file, { force: true });
    },
  };
}
