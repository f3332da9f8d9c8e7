import type { Diagnostic } from "../base/diagnostic.js";
import type { DataReference } from "../datasets/dataset.js";
import type { Feeds, OptimizationLevel } from "../engines/engine.js";
import type { Sample, WarmUp } from "../measure/arm.js";
import type { CpuTimes } from "../measure/cpu-times.js";
import type { EnergySample } from "../measure/energy.js";
import type { LatencyProtocol, LatencySamples } from "../measure/latency.js";
import type { MachinePeaks } from "../measure/peaks.js";
import type { NodeTime } from "../measure/roofline.js";
import type { NodeWork } from "../measure/work.js";
import type { ExportForm } from "../plan/export-forms.js";
import type { LatencyMeasure, Measures, ModelReference } from "../plan/plan.js";
import type { Calibration, Scheme } from "../quantize/scheme.js";
import type {
  AccuracyResult,
  AttestationResult,
  CompletedRecord,
  GapResult,
  LayerResult,
  SizeResult,
} from "../results/record.js";
import type { Tensor } from "../tensor/tensor.js";
import type { ArmFigures, ArmName, DiagnosisOpening } from "./diagnosis-task.js";
import type { EngineConfig } from "./engine-config.js";
import type { PairSumProbe } from "./pair-sums.js";
import type { Stage } from "./stage.js";

/** What the parent asks of a child, and what comes back. Plain data: it crosses a process border. */
export interface Tasks {
  /** Reads model and data, lowers fp32, evaluates it, and observes activations once for all calibrations. */
  readonly open: {
    readonly input: {
      readonly model: ModelReference;
      readonly data: DataReference;
      /** Where ONNX files are written; exists. */
      readonly folder: string;
      readonly calibrations: readonly Calibration[];
      readonly seed: number;
      /** Most samples for which outputs are compared with TF.js. */
      readonly paritySamples: number;
    };
    readonly output: OpenedExperiment;
  };
  /** Quantizes, lowers and evaluates one trial of the opened experiment. */
  readonly trial: {
    readonly input: { readonly id: string; readonly scheme: Scheme; readonly measures: Measures };
    readonly output: EvaluatedTrial;
  };
  /** Writes forms of one trial of the opened experiment below a folder. */
  readonly export: {
    readonly input: {
      readonly id: string;
      readonly scheme: Scheme;
      /** What the table calls the trial. */
      readonly label: string;
      /** Hash of the ONNX file that was measured; absent in records that do not say. */
      readonly recorded?: string;
      /** The usual ones where absent. */
      readonly forms?: readonly ExportForm[];
      /** What the plan times: the form with a cache is the one that was decoded. */
      readonly latency: readonly LatencyMeasure[];
      /** Exists. */
      readonly folder: string;
    };
    readonly output: ExportedForms;
  };
  /** Begins the diagnosis of one trial of the opened experiment; its arms follow, one a call. */
  readonly diagnosis: { readonly input: { readonly scheme: Scheme }; readonly output: DiagnosisOpening };
  readonly diagnosisArm: { readonly input: { readonly arm: ArmName }; readonly output: ArmFigures };
  /**
   * Real samples as the engine's feeds: the first `batch` samples of the test split, repeated when it is smaller; with a phase
   * of a language model what that phase is run on.
   */
  readonly feeds: {
    readonly input: Pick<LatencyMeasure, "batch" | "phase" | "context">;
    readonly output: Feeds;
  };
  /** TF.js's own outputs for some samples, in the order of the model's outputs. */
  readonly reference: {
    readonly input: { readonly model: ModelReference; readonly data: DataReference; readonly samples: Int32Array };
    readonly output: { readonly outputs: readonly Tensor<"float32">[]; readonly reference: string };
  };
  /** The level at which a model runs fastest, from a run of its own. */
  readonly tune: {
    readonly input: {
      readonly path: string;
      readonly feeds: Feeds;
      readonly threads: number;
      readonly budgetMs: number;
      readonly extra?: EngineConfig;
    };
    readonly output: { readonly optimization: OptimizationLevel };
  };
  /** Interleaved samples of fp32, trial and the A/A control, in this process; for one thread. */
  readonly latency: {
    readonly input: {
      readonly baseline: LatencyArm;
      readonly trial: LatencyArm;
      readonly feeds: Feeds;
      readonly threads: number;
      readonly protocol: Partial<LatencyProtocol>;
    };
    readonly output: LatencySamples;
  };
  /** Makes the child one side of a comparison with several threads: loads its session and holds it to CPUs. */
  readonly openArm: {
    readonly input: LatencyArm & {
      readonly feeds: Feeds;
      readonly threads: number;
      /** The CPUs of the other sides; chosen when absent. */
      readonly cpus?: readonly number[];
    };
    readonly output: { readonly pinned?: readonly number[] };
  };
  readonly warmArm: { readonly input: WarmUp; readonly output: { readonly runs: number } };
  readonly sampleArm: { readonly input: { readonly runs: number }; readonly output: Sample };
  /** What the child sees of the machine, and the CPU time that it has used itself. */
  readonly look: {
    readonly input: Record<string, never>;
    readonly output: { readonly ghz?: number; readonly times?: CpuTimes; readonly ownSeconds: number };
  };
  /** Kernels of the engine that do not add exactly on this CPU. */
  readonly pairSums: { readonly input: Readonly<Record<string, never>>; readonly output: PairSumProbe };
  /** Peaks of this machine with a number of threads, by probes in the engine. */
  readonly peaks: {
    readonly input: { readonly threads: number; readonly budgetMs: number };
    readonly output: MachinePeaks;
  };
  /** Time of each node of the optimized graph, in the order in which they run, from the engine's own profile. */
  readonly profile: {
    readonly input: LatencyArm & { readonly feeds: Feeds; readonly threads: number; readonly budgetMs: number };
    readonly output: readonly NodeTime[];
  };
  /** Joules of one run of each arm, by the processor's own counter; undefined where there is none that can be read. */
  readonly energy: {
    readonly input: {
      readonly baseline: LatencyArm;
      readonly trial: LatencyArm;
      readonly feeds: Feeds;
      readonly threads: number;
      readonly segmentMs: number;
    };
    readonly output: EnergySample | undefined;
  };
  /** Peak resident memory of a fresh process that loads the model and runs it. */
  readonly memory: {
    readonly input: {
      readonly path: string;
      readonly feeds: Feeds;
      readonly optimization: OptimizationLevel;
      readonly extra?: EngineConfig;
    };
    /** `engineBytes`: the peak before the model was loaded: Node, the engine and the feeds. */
    readonly output: { readonly peakBytes: number; readonly engineBytes: number };
  };
}

/** One side of a comparison: an ONNX file, and the level at which it runs fastest. */
export interface LatencyArm {
  readonly path: string;
  readonly optimization: OptimizationLevel;
  /** What its scheme asks of the engine. */
  readonly extra?: EngineConfig;
}

/** What a child that opened an experiment tells of it. */
export interface OpenedExperiment {
  readonly modelHash: string;
  readonly dataHash: string;
  /** The fp32 ONNX file. */
  readonly path: string;
  readonly testSamples: number;
  /** Kernels that do not add exactly on this CPU. */
  readonly pairSums?: PairSumProbe;
  /** Classes without a test sample; with class labels only. */
  readonly untested?: { readonly missing: readonly string[]; readonly total: number };
  /** Indices whose fp32 outputs follow, for parity. */
  readonly parityIndices: Int32Array;
  readonly parityOutputs: readonly Tensor<"float32">[];
  /** Whose outputs they are where not fp32's: those of the model as it came, quantized. */
  readonly parityOf?: "given";
  /** The least magnitude that each is judged by; 0 where absent. */
  readonly parityScales?: readonly number[];
}

/** All of a trial's record that needs no clock. */
export interface EvaluatedTrial extends Pick<CompletedRecord, "split" | "ranges" | "calibration"> {
  /** The ONNX file; "" of a simulated trial, which has none. */
  readonly path: string;
  readonly accuracy: AccuracyResult;
  readonly size: SizeResult;
  /** Of the file at `path`. */
  readonly file?: NonNullable<CompletedRecord["file"]>;
  readonly attestation: AttestationResult;
  /** For each batch size that is timed: what the nodes of fp32 and of this trial compute and move. */
  readonly work?: readonly BatchWork[];
  /** Of language models: one for each phase that is timed. */
  readonly phases?: readonly PhaseFiles[];
  /** Of quantized trials, when accuracy is measured. */
  readonly gap?: GapResult;
  /** When they are measured. */
  readonly layers?: readonly LayerResult[];
}

/** One form of an exported trial. */
export interface ExportedForm {
  readonly form: ExportForm;
  /** Paths below the export's folder, with `/`. */
  readonly files: readonly { readonly path: string; readonly sha256: string; readonly bytes: number }[];
  /** Whether it is what the trial's record speaks of; else `accuracy` is its own. */
  readonly isMeasured: boolean;
  readonly accuracy?: AccuracyResult;
  /** Of TF.js's files: how they are loaded, and what they give on the engine for some samples. */
  readonly kind?: "layers-model" | "graph-model";
  /** Its inputs and outputs, where they are not the model's. */
  readonly values?: FormValues;
  /** Of `onnx_with_past`: reading a sequence in parts, held against reading it whole. */
  readonly continuation?: ContinuationCheck;
  readonly check?: { readonly samples: Int32Array; readonly outputs: readonly Tensor<"float32">[] };
}

/** What was written of a trial, and what a user of it has to know. */
export interface ExportedForms {
  readonly forms: readonly ExportedForm[];
  /** Usual forms that the trial does not have, and why. */
  readonly left: readonly { readonly form: ExportForm; readonly reason: string }[];
  readonly inputs: readonly ValueDescription[];
  readonly outputs: readonly ValueDescription[];
  readonly classes?: readonly string[];
  /** Of a language model: a copy of the tokenizer that its data was read with. */
  readonly tokenizer?: ExportedForm["files"][number];
  /** What the trial asks of onnxruntime beside its file. */
  readonly engineConfig?: EngineConfig | undefined;
}

/** An input or output of a model; null is an open size, the batch, and a text the name of any other. */
export interface ValueDescription {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly (number | string | null)[];
}

/** Inputs and outputs of one form, and of a language model with a cache how many tokens it holds. */
export interface FormValues {
  readonly inputs: readonly ValueDescription[];
  readonly outputs: readonly ValueDescription[];
  readonly positions?: number;
}

/** Sequences read in parts behind their cache, beside the same sequences read whole. */
export interface ContinuationCheck {
  readonly sequences: number;
  /** In all sequences together. */
  readonly tokens: number;
  /** Of the logits, relative to the largest. */
  readonly maxRelativeError: number;
  /** Share of tokens after which the most likely next one is the same. */
  readonly sameTop: number;
}

/** The files of one phase of a language model that is timed. */
export interface PhaseFiles {
  /** As the plan has it, where the context may be left open. */
  readonly asked: LatencyMeasure;
  readonly measure: LatencyMeasure & Required<Pick<LatencyMeasure, "phase" | "context">>;
  /** ONNX files of fp32 and of the trial. */
  readonly baseline: string;
  readonly trial: string;
  /** Hash of the trial's file. */
  readonly sha256: string;
  readonly attestation: AttestationResult;
  readonly work: BatchWork;
}

/** The work of both arms in one run of `batch` samples. */
export interface BatchWork {
  readonly batch: number;
  readonly baseline: readonly NodeWork[];
  readonly trial: readonly NodeWork[];
}

export type TaskName = keyof Tasks;

export interface Request<T extends TaskName = TaskName> {
  readonly task: T;
  readonly input: Tasks[T]["input"];
}

/** `stage` is what the child last said it was doing. */
export type Reply =
  | { readonly output: unknown }
  | { readonly diagnostics: readonly Diagnostic[]; readonly stage?: Stage | undefined };
