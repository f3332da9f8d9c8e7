import type { IRawProperty, Parameters } from "fast-check";
import { vi } from "vitest";

/*
 * Set-up of every test file. A gate answers for one change: the properties draw the same cases each time `npm test` runs,
 * so that what has passed passes again. New cases are what `NIBBLE_SOAK=20 npx vitest run --project unit` is for.
 */

/** The seed of `npm test`; any would do. */
const GATE_SEED = 20_261_126;

/** `NIBBLE_SOAK=20`: each property without a seed of its own draws twenty times its cases, new ones. */
const soak = Number(process.env.NIBBLE_SOAK ?? 0);

/** A property that draws this long has drawn enough; no test may take more than five minutes. */
const LONGEST_MS = 200_000;

// Only files that have properties load the library.
vi.doMock("fast-check", async (original) => {
  const real = await original<typeof import("fast-check")>();
  if (!(soak > 0)) {
    real.configureGlobal({ seed: GATE_SEED });
    return real;
  }
  const assert = <T>(property: IRawProperty<T>, parameters: Parameters<T> = {}) => {
    const numRuns = Math.ceil((parameters.numRuns ?? 100) * soak);
    // A seed of its own: a bound that is measured for these cases, not proven for all.
    const more = parameters.seed === undefined ? { numRuns, interruptAfterTimeLimit: LONGEST_MS } : {};
    return real.assert(property, { ...parameters, ...more });
  };
  return { ...real, assert, default: { ...real.default, assert } };
});
