import type { SplitSetting } from "../base/option.js";
import type { Tensor } from "../tensor/tensor.js";

/**
 * What a sample should give. `class`: index into `classes`. `value`: `width` real numbers a sample, row-major. `tokens`: the
 * next token of each of `width` positions, [samples, width], -1 where a position has none; `classes` is the vocabulary's size.
 */
export type Labels =
  | { readonly kind: "class"; readonly values: Int32Array; readonly classes: readonly string[] }
  | { readonly kind: "value"; readonly values: Float32Array; readonly width: number }
  | {
      readonly kind: "tokens";
      readonly values: Int32Array;
      readonly width: number;
      readonly classes: number;
      /** Absolute path of the tokenizer.json that the tokens are by; absent where they are bytes, 256 between documents. */
      readonly tokenizer?: string;
    };

/** Sample indices. The two never overlap; calibration draws from `train` alone. */
export interface Splits {
  readonly train: Int32Array;
  readonly test: Int32Array;
}

/** Samples held in memory or made on demand; reading is pure and repeatable. */
export interface Dataset {
  readonly name: string;
  /** Hash of the source bytes and of every option that changes a value. */
  readonly hash: string;
  readonly size: number;
  /** Shape of one sample for each model input, without batch. */
  readonly inputShapes: readonly (readonly number[])[];
  /** Absent when the source has none; accuracy is then how far outputs are from fp32's. */
  readonly labels?: Labels;
  readonly splits: Splits;
  /** float32 [indices.length, ...inputShape] for each input. */
  read(indices: ArrayLike<number>): readonly Tensor<"float32">[];
}

/** Labels before they are read: their kind, and how many classes there are where something says so. */
export interface LabelSummary {
  readonly kind: LabelKind;
  readonly classes?: number;
}

export type LabelKind = Labels["kind"] | "none";

/** What can be known of a source without reading all of it: what the checker needs before anything runs. */
export interface DataSummary {
  /** What the labels are, where that is known without reading all; it decides which metrics there will be. */
  readonly labels?: LabelSummary;
  /** Names of the columns, for sources that have them. */
  readonly columns?: readonly string[];
  /** Samples in both splits. */
  readonly size?: number;
  /** Samples of the training split. */
  readonly trainSize?: number;
  readonly inputShapes?: readonly (readonly number[])[];
  /** Files that are read beside `path` and so decide the samples too, e.g. the labels of an IDX file. */
  readonly moreFiles?: readonly string[];
  /** Of made data: changes when the same settings would make other samples. */
  readonly version?: number;
}

/** Where a data set comes from, as the program says it; hashed into the trial. */
export interface DataReference {
  readonly name: string;
  readonly reader: string;
  /** Absolute path, already checked to lie inside an allowed folder; absent for generated data. */
  readonly path?: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

export const defaultSplit: SplitSetting = { train: 0.8, test: 0.2, seed: 1 };
