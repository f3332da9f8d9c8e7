import { nearestOr, type UnknownFacts } from "./unknown.js";
import type { WordingOf } from "./wording.js";

export interface ResultsFacts {
  /** A model gave NaN (or, where an error is averaged, an infinity) for a sample of the test split. */
  readonly "prediction-not-finite": { readonly sample: number; readonly value: string };
  /** A layer's output holds NaN or an infinity, in fp32 or after quantization. */
  readonly "layer-not-finite": { readonly layer: string };
  /** The model's outputs cannot be compared with the labels. */
  readonly "output-width": {
    readonly width: number;
    readonly labels: "class" | "value" | "tokens";
    /** Number of classes, or of values a label has; of next tokens positions times vocabulary. */
    readonly expected: number;
  };
  readonly "no-test-samples": Readonly<Record<string, never>>;
  /** The clock did not move over very many runs, or moved backwards. */
  readonly "latency-not-measurable": { readonly runs: number; readonly elapsedMs: number };
  readonly "ledger-not-writable": {
    readonly path: string;
    readonly cause:
      | "no-space"
      | "read-only"
      | "not-allowed"
      | "not-a-folder"
      | "not-a-file"
      | "no-such-folder"
      | "name-too-long"
      | "other";
    /** What the operating system said. */
    readonly detail: string;
  };
  readonly "ledger-not-readable": { readonly path: string; readonly detail: string };
  /** Another process held the ledger's lock all the time. */
  readonly "ledger-locked": { readonly path: string; readonly seconds: number };
  /** A line of the ledger that is not a record; it is left out. */
  readonly "ledger-line": { readonly path: string; readonly line: number; readonly reason: string };
  /** Further lines that are no records, or are of a later version. */
  readonly "ledger-lines-more": { readonly path: string; readonly lines: number };
  /** A record of a later version of Nibble; it is left out. */
  readonly "record-version": {
    readonly path: string;
    readonly line: number;
    readonly version: string;
    readonly known: number;
  };
  /** Records of a later version of Nibble, when a report is made of them. */
  readonly "ledger-newer": {
    readonly path: string;
    readonly newer: number;
    readonly readable: number;
    readonly version: string;
    readonly known: number;
  };
  /** Neither an experiment with results nor a path to some. */
  readonly "unknown-experiment": UnknownFacts & { readonly folder: string };
  readonly "no-results": { readonly folder: string };
  /** A ledger without a single record. */
  readonly "ledger-empty": { readonly path: string };
  /** The plan beside a ledger, without which a report lacks names, expectations and the program. */
  readonly "plan-file-unusable": { readonly path: string; readonly reason: string };
  readonly "earlier-trials": { readonly path: string; readonly left: number };
}

const causes = {
  "no-space": {
    message: "no space is left on the disk",
    hint: "free some space, then run again: finished trials are kept",
  },
  "read-only": { message: "the file system is read-only", hint: "write elsewhere with `--out DIR`" },
  "not-allowed": {
    message: "permission is denied",
    hint: "make the folder writable for this user, or write elsewhere with `--out DIR`",
  },
  "not-a-folder": {
    message: "a part of the path is not a folder",
    hint: "rename the file that is in the way, or write elsewhere with `--out DIR`",
  },
  "not-a-file": {
    message: "a folder or a pipe stands in its place",
    hint: "move it away, or write elsewhere with `--out DIR`",
  },
  "no-such-folder": {
    message: "its folder is gone or cannot be made",
    hint: "results that were deleted during a run are measured again by the next; `--out DIR` writes elsewhere",
  },
  "name-too-long": { message: "the path is too long", hint: "give the experiment a shorter name" },
  other: { message: "the write failed", hint: "check the disk, then run again: finished trials are kept" },
} as const;

const values = (count: number) => `${count} ${count === 1 ? "value" : "values"}`;

export const resultsWording: WordingOf<ResultsFacts> = {
  "prediction-not-finite": ({ sample, value }) => ({
    message: `the model gives ${value} for sample ${sample}`,
    hint: "look for NaN or very large values in the weights, the data and its scale",
  }),
  "layer-not-finite": ({ layer }) => ({
    message: `the output of layer "${layer}" holds NaN or an infinity`,
    hint: `look for very large values in its weights; \`keep layers "${layer}" at fp32\` leaves it in float`,
  }),
  "output-width": ({ width, labels, expected }) =>
    labels === "class"
      ? {
          message: `the model gives ${values(width)} a sample, but the labels have ${expected} classes`,
          hint:
            expected === 2
              ? "two classes need one output (a probability) or two"
              : expected > width
                ? "a label may be out of place: `classes: [...]` in the data lists those that count, and names the row of any other"
                : "`classes: [...]` in the data names every class, in the order of the model's outputs, also those that no row has",
        }
      : labels === "tokens"
        ? {
            message: `the model gives ${values(width)} a sample, but next tokens need ${expected}: a value for each token of the vocabulary at each position`,
            hint: "a language model gives logits [positions, vocabulary]; its vocabulary must be the tokenizer's, and as many positions as the data's `length`",
          }
        : {
            message: `the model gives ${values(width)} a sample, but a label has ${expected}`,
            hint: "choose as many label columns as the model has outputs",
          },
  "no-test-samples": () => ({
    message: "the test split has no samples, so no accuracy can be measured",
    hint: "give the test split a share of the data: `split: train 80% test 20%`",
  }),
  "latency-not-measurable": ({ runs, elapsedMs }) => ({
    message: `${runs} runs took ${elapsedMs} ms by the clock, so no latency can be measured`,
    hint: "a model without work, or a clock that stands still, cannot be timed: leave latency out of `measure`",
  }),
  "ledger-not-writable": ({ path, cause, detail }) => ({
    message: `results cannot be written to ${path}: ${causes[cause].message} (${detail})`,
    hint: causes[cause].hint,
  }),
  "ledger-not-readable": ({ path, detail }) => ({
    message: `the ledger ${path} cannot be read (${detail})`,
    hint: "check that the file is readable, or move it away to start a new one",
  }),
  "ledger-locked": ({ path, seconds }) => ({
    message: `another run has kept the ledger ${path} locked for ${seconds} seconds`,
    hint: `wait for it to end; when none is running, delete the folder ${path}.lock`,
  }),
  "ledger-line": ({ path, line, reason }) => ({
    message: `line ${line} of ${path} is not a record and was left out: ${reason}`,
    hint: "its trial will be measured again; delete the line to silence this",
  }),
  "ledger-lines-more": ({ path, lines }) => ({
    message: `${lines} more ${lines === 1 ? "line" : "lines"} of ${path} ${lines === 1 ? "was" : "were"} left out`,
    hint: "move the file away to start a new one",
  }),
  "record-version": ({ path, line, version, known }) => ({
    message: `line ${line} of ${path} has schemaVersion ${version}, but this Nibble knows up to ${known}; it was left out`,
    hint: "update Nibble to read it",
  }),
  "ledger-newer": ({ path, newer, readable, version, known }) => ({
    message:
      readable === 0
        ? `every record in ${path} has schemaVersion ${version}, but this Nibble knows up to ${known}`
        : `${newer} of the ${newer + readable} records in ${path} ${newer === 1 ? "has" : "have"} schemaVersion ${version}, but this Nibble knows up to ${known}; left out`,
    hint: "update Nibble to read them",
  }),
  "unknown-experiment": (facts) => ({
    message: `no experiment called "${facts.name}" has results in ${facts.folder}, and no such path leads to any`,
    ...nearestOr(facts, "experiments"),
  }),
  "no-results": ({ folder }) => ({
    message: `no experiment has results in ${folder}`,
    hint: "`nibble run FILE` makes some; the path of a results folder can be given, too",
  }),
  "ledger-empty": ({ path }) => ({
    message: `${path} holds no record`,
    hint: "no trial has finished yet; `nibble run FILE` goes on from where a run stopped",
  }),
  "plan-file-unusable": ({ path, reason }) => ({
    message: `${path} cannot be used: ${reason}`,
    hint: "the figures come from the ledger; names, expectations and the program are missing until the next run writes it",
  }),
  "earlier-trials": ({ path, left }) => ({
    message: `${path} holds ${left} trial${left === 1 ? "" : "s"} of earlier plans, not shown`,
    hint: "`--all` shows every trial",
  }),
};
