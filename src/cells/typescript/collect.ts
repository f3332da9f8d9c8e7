import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Checks after which the heap is collected. */
const CHECKS = 50;

/**
 * A checker keeps what it saw of each text, and one that is replaced leaves tens of megabytes, which V8 takes for long-lived
 * and lets lie until its heap has doubled. Called after each check, this collects them now and then, so that a long session stays as small as a short one.
 */
export function collector(): () => void {
  let checks = 0;
  let collect: (() => void) | undefined;
  return () => {
    checks += 1;
    if (checks % CHECKS !== 0) return;
    if (collect === undefined) {
      setFlagsFromString("--expose-gc");
      collect = runInNewContext("gc") as () => void;
    }
    collect();
  };
}
