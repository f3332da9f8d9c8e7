import type { WordingOf } from "./wording.js";

/** Facts about carrying a plan out: child processes, the engine, interruption, parity. */
export interface ExecutionFacts {
  "worker-died": {
    readonly stage: string;
    readonly exitCode: number | null;
    readonly signal: string | null;
    readonly lastOutput: string;
  };
  "worker-timeout": { readonly stage: string; readonly seconds: number };
  "engine-refused": { readonly stage: string; readonly engine: string; readonly message: string };
  "parity-failed": {
    readonly model: string;
    readonly maxRelativeError: number;
    readonly limit: number;
    readonly samples: number;
    readonly reference: string;
  };
  /** A language model whose sequences, read in parts behind a cache, give other logits than read whole. */
  "continuation-differs": { readonly model: string; readonly maxRelativeError: number; readonly limit: number };
  /** `by`: what runs the user's own files, where that is not TF.js. */
  "reference-unavailable": { readonly message: string; readonly by?: string };
  /** A timed trial whose profile or peaks could not be had. */
  "speed-unexplained": { readonly scheme: string; readonly message: string };
  "energy-unreadable": Readonly<Record<string, never>>;
  /** A trial that `diagnose` was asked about and cannot take apart. */
  "diagnosis-refused": { readonly trial: string; readonly reason: string };
  /** A diagnosis that broke off; the trial's own record stands. */
  "diagnosis-failed": { readonly trial: string; readonly stage: string; readonly reason: string };
  "diagnosis-interrupted": { readonly finished: number };
  interrupted: { readonly finished: number; readonly total: number };
  "nothing-to-run": Readonly<Record<string, never>>;
  "fault-in-nibble": { readonly stage: string; readonly message: string };
  "path-not-allowed": { readonly path: string; readonly root: string };
  "parameter-unknown": { readonly name: string; readonly known: readonly string[] };
  "file-not-written": { readonly path: string; readonly reason: string };
  /** A file that was there when the run began. */
  "file-gone": { readonly path: string };
  "report-not-written": { readonly path: string; readonly reason: string };
  "source-unreadable": { readonly path: string; readonly reason: string };
  /** A program that the formatter was to write. */
  "program-not-written": { readonly path: string; readonly reason: string };
}

export const executionWording: WordingOf<ExecutionFacts> = {
  "worker-died": ({ stage, exitCode, signal, lastOutput }) => ({
    message: `the process that ran "${stage}" died ${signal ? `from ${signal}` : `with exit code ${exitCode ?? "unknown"}`}`,
    hint:
      signal === "SIGKILL"
        ? "the system most likely ran out of memory: try a smaller batch or model, or fewer --workers"
        : signal === "SIGABRT" || exitCode === 134
          ? "it ran out of memory or the engine aborted: try a smaller batch or fewer calibration samples"
          : lastOutput === ""
            ? "it printed nothing; the other trials go on"
            : `its last output: ${lastOutput}`,
  }),
  "worker-timeout": ({ stage, seconds }) => ({
    message: `"${stage}" did not finish within ${seconds} s and was stopped`,
    hint: "measure a smaller batch, or a smaller model",
  }),
  "engine-refused": ({ stage, engine, message }) => ({
    message: `${engine} refused the model during "${stage}": ${message}`,
    hint: "the other trials go on; `keep layers ... at fp32` can leave the layer that it names in float",
  }),
  "parity-failed": ({ model, maxRelativeError, limit, samples, reference }) => ({
    message: `"${model}" lowered to ONNX differs from ${reference} by ${maxRelativeError.toExponential(1)} (relative, ${samples} samples); the limit is ${limit}`,
    hint: "no figure of this model can be trusted, so none is measured; this is a fault of Nibble's lowering: please report the model's layers",
  }),
  "continuation-differs": ({ model, maxRelativeError, limit }) => ({
    message: `"${model}" with a cache differs from the same model over whole sequences by ${maxRelativeError.toExponential(1)} (relative); the limit is ${limit}`,
    hint: "nothing was exported; this is a fault of Nibble: please report the model's layers",
  }),
  "reference-unavailable": ({ message, by = "TF.js" }) => ({
    message: `${by} could not run the model, so parity cannot be checked: ${message}`,
    hint: "`nibble doctor` says which TF.js backends work here",
  }),
  "speed-unexplained": ({ scheme, message }) => ({
    message: `why ${scheme} is as fast as it is could not be measured: ${message}`,
    hint: "its times stand; only the roofline and the time by node are missing",
  }),
  "energy-unreadable": () => ({
    message: "this machine has no energy counter that can be read, so no energy is reported",
    hint: "processors with RAPL count it; most systems let only their administrator read /sys/class/powercap/*/energy_uj",
  }),
  "diagnosis-refused": ({ trial, reason }) => ({
    message: `"${trial}" is not diagnosed: ${reason}`,
    hint: "completed trials of dynamic, static and weight_only schemes that execute can be diagnosed",
  }),
  "diagnosis-failed": ({ trial, stage, reason }) => ({
    message: `the diagnosis of "${trial}" broke off (${stage}): ${reason}`,
    hint: "the trial's own figures stand; `nibble diagnose` tries again",
  }),
  "diagnosis-interrupted": ({ finished }) => ({
    message: `stopped while trials were diagnosed; ${finished} diagnos${finished === 1 ? "is is" : "es are"} on disk`,
    hint: "the same command goes on with the others",
  }),
  interrupted: ({ finished, total }) =>
    total === 0
      ? { message: "stopped before the first trial" }
      : {
          message: `stopped after ${finished} of ${total} trials; finished trials are on disk`,
          hint: "the next run of the same program goes on from here",
        },
  "nothing-to-run": () => ({
    message: "the program has no experiment, so nothing runs",
    hint: "add one: experiment NAME { model ..., data ..., try ..., measure ... }, each clause on its own line",
  }),
  "fault-in-nibble": ({ stage, message }) => ({
    message: `fault in Nibble during "${stage}": ${message}`,
    hint: "this is not a mistake of the program; please report it with the model's layers",
  }),
  "path-not-allowed": ({ path, root }) => ({
    message: `"${path}" lies outside the project root ${root}`,
    hint: "programs read files under the project root alone; `--allow DIR` adds a folder",
  }),
  "parameter-unknown": ({ name, known }) => ({
    message: `no param is called "${name}"`,
    ...(known.length === 0 ? { hint: "the program declares no param" } : { hint: `params: ${known.join(", ")}` }),
  }),
  "file-not-written": ({ path, reason }) => ({
    message: `${path} could not be written: ${reason}`,
    hint: "make room or write elsewhere with `--out DIR`; finished trials are kept, and the next run goes on from there",
  }),
  "file-gone": ({ path }) => ({
    message: `${path} is gone: it was deleted or moved during the run`,
    hint: "leave the files of a run alone until it has ended; the next run makes what is missing anew",
  }),
  "report-not-written": ({ path, reason }) => ({
    message: `the report could not be written to ${path}: ${reason}`,
    hint: "every record is in the ledger beside it; the next run writes the report again",
  }),
  "source-unreadable": ({ path, reason }) => ({
    message: `cannot read "${path}": ${reason}`,
    hint: "a program is a text file with the ending .nib",
  }),
  "program-not-written": ({ path, reason }) => ({
    message: `"${path}" could not be written: ${reason}`,
    hint: "the file is as it was",
  }),
};
