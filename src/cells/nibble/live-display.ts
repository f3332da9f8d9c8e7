import { randomUUID } from "node:crypto";
import type { RunEvent } from "../../run/events.js";
import type { CellOutput } from "../outputs.js";
import { advance, type Progress } from "./progress.js";
import { finishedBundle, progressBundle } from "./progress-bundle.js";

/** Least time between two updates, ms. */
const LEAST_GAP = 100;
/** Without events the elapsed time is shown anew this often, ms. */
const TICK = 1000;

/** One display for each experiment of a cell, brought up to date while it runs. */
export interface LiveDisplay {
  show(event: RunEvent): void;
  /** The last state of the experiment that ran; `report` is the path of its page. */
  finish(report: string | undefined): void;
  /** Stops the clock; nothing is emitted afterwards. */
  stop(): void;
}

/** @param now a steady clock, ms */
export function liveDisplay(
  emit: (output: CellOutput) => void,
  now: () => number = () => performance.now(),
): LiveDisplay {
  let progress: Progress | undefined;
  let displayId: string | undefined;
  let shownAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;

  const draw = () => {
    if (progress === undefined) return;
    shownAt = now();
    const bundle = progressBundle(progress, shownAt);
    if (displayId === undefined) {
      displayId = randomUUID();
      emit({ kind: "display", bundle, displayId });
    } else emit({ kind: "update-display", bundle, displayId });
    later(TICK);
  };
  const later = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(draw, ms).unref();
  };
  const stop = () => clearTimeout(timer);

  return {
    show(event) {
      if (event.kind === "started") [displayId, shownAt] = [undefined, Number.NEGATIVE_INFINITY];
      progress = advance(progress, event, now());
      if (event.kind === "ended") return stop();
      const wait = shownAt + LEAST_GAP - now();
      if (wait > 0) later(wait);
      else draw();
    },
    finish(report) {
      stop();
      if (progress === undefined || displayId === undefined) return;
      emit({ kind: "update-display", bundle: finishedBundle(progress, now(), report), displayId });
      progress = undefined;
    },
    stop,
  };
}
