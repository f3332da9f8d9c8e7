import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Checks after which the heap is collected. */
const CHECKS = 50;

/**
 * Every check makes a program and a checker, tens of megabytes that V8 takes for long-lived and leaves lying until its heap
 * has doubled. Called after each check, this collects them now and then, so that a long session stays as small as a short one.
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
