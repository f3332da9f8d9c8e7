import { styleText } from "node:util";
import cliProgress from "cli-progress";
import { visible } from "../base/visible.js";
import type { RunEvent } from "../run/events.js";

/** What of a terminal the shell needs; passed in, so that tests can give their own. */
export interface Terminal {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Calls back at Ctrl-C and at a polite kill, until the returned function is called. */
  interrupts(onInterrupt: () => void): () => void;
}

/** Columns of the terminal; 80 when the output is not one. */
export function columnsOf(terminal: Terminal): number {
  return terminal.stdout.isTTY ? Math.max(40, terminal.stdout.columns ?? 80) : 80;
}

/** Colour on terminals alone, never with NO_COLOR (https://no-color.org); FORCE_COLOR turns it on anywhere. */
export function wantsColour(terminal: Terminal, stream: NodeJS.WriteStream = terminal.stdout): boolean {
  if (terminal.env.NO_COLOR) return false;
  if (terminal.env.FORCE_COLOR && terminal.env.FORCE_COLOR !== "0") return true;
  return stream.isTTY === true && terminal.env.TERM !== "dumb";
}

/** Colours the head of a rendered diagnostic: its severity and code. */
export function colourDiagnostic(text: string, colour: boolean): string {
  if (!colour) return text;
  return text
    .replace(/^(error\[[^\]]+\])/, (head) => styleText(["bold", "red"], head))
    .replace(/^(warning\[[^\]]+\])/, (head) => styleText(["bold", "yellow"], head))
    .replace(/^(note\[[^\]]+\])/, (head) => styleText(["bold", "cyan"], head))
    .replace(/^( {5}\| *)(\^+)/m, (_, left: string, caret: string) => left + styleText("red", caret));
}

/** Shows the events of a run: a bar on a terminal, a line a trial elsewhere. */
export interface ProgressDisplay {
  show(event: RunEvent): void;
  /** Removes the bar; later events are not shown. */
  stop(): void;
}

/**
 * A display on stderr, so that stdout holds results alone.
 * @param options `json`: records are printed while trials run, so that on a terminal a bar would be torn by them
 */
export function progressDisplay(
  terminal: Terminal,
  { quiet, json }: { readonly quiet: boolean; readonly json: boolean },
): ProgressDisplay {
  if (quiet || (json && terminal.stdout.isTTY)) return { show: () => {}, stop: () => {} };
  return terminal.stderr.isTTY ? bar(terminal) : lines(terminal);
}

function bar(terminal: Terminal): ProgressDisplay {
  const progress = new cliProgress.SingleBar({
    stream: terminal.stderr,
    format: "{bar} {value}/{total} trials  {duration_formatted}  {now}",
    // On a narrow terminal the words are worth more than the bar.
    barsize: (terminal.stderr.columns ?? 80) < 70 ? 8 : 20,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    linewrap: false,
  });
  let running = false;
  return {
    show(event) {
      if (event.kind === "started") {
        progress.start(event.trials, event.finished, { now: "reading model and data" });
        running = true;
      } else if (event.kind === "stage") progress.update({ now: visible(`${event.label}: ${event.stage}`) });
      else if (event.kind === "finished" || event.kind === "diagnosed") {
        progress.increment(1, { now: visible(event.label) });
      } else if (event.kind === "ended" && running) {
        progress.stop();
        running = false;
      }
    },
    stop() {
      if (running) progress.stop();
      running = false;
    },
  };
}

function lines(terminal: Terminal): ProgressDisplay {
  let [done, total] = [0, 0];
  return {
    show(event) {
      if (event.kind === "started") [done, total] = [event.finished, event.trials];
      else if (event.kind === "finished" || event.kind === "diagnosed") {
        done += 1;
        terminal.stderr.write(`[${done}/${total}] ${visible(event.label)}: ${event.record.status}\n`);
      }
    },
    stop: () => {},
  };
}
