import type { DataPlace } from "../base/diagnostics/data.js";
import { type ContentHash, hashJson } from "../base/hash.js";
import { elementCount, type Tensor, tensor } from "../tensor/tensor.js";
import {
  type DataReference,
  type Dataset,
  defaultSplit,
  type LabelSummary,
  type Labels,
  type Splits,
} from "./dataset.js";
import { type RawLabels, resolveLabels } from "./labels.js";
import type { DataSettings } from "./settings.js";
import { limitSplits, splitSamples, splitSizes } from "./splits.js";

/** One input of the model: `fill` writes the raw values of sample `index` to `out` from position `at`. */
export interface SampleInput {
  readonly shape: readonly number[];
  fill(index: number, out: Float32Array, at: number): void;
}

/** What a reader delivers: checked finite values and raw labels; everything else is the same for all readers. */
export interface Samples {
  readonly size: number;
  readonly inputs: readonly SampleInput[];
  readonly labels?: RawLabels;
  /** See `keys.ts`. */
  readonly keys: Float64Array;
  /** Where the source itself keeps sides apart that share more than a sample; else keys decide. */
  readonly splits?: Splits;
  /** Where sample i was read. */
  place(index: number): DataPlace;
  /** Reads the samples that will be used; absent when they are there already. Called once, before any `fill`. */
  load?(indices: Int32Array): Promise<void>;
  /** Hash of the source's bytes, or of what makes the samples; asked for after `load`. */
  hash(): ContentHash;
}

/** `value = raw * scale + offset`, then `(value - mean) / deviation` for each of `mean.length` channels. */
interface Transform {
  readonly scale: number;
  readonly offset: number;
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

/**
 * A data set from samples: labels become classes, the splits are drawn, `limit` takes its share, and normalization is
 * fitted on the training split alone.
 */
export async function assemble(ref: DataReference, settings: DataSettings, samples: Samples): Promise<Dataset> {
  const all = samples.labels && resolveLabels(samples.labels, settings.names("classes"), samples.place);
  const drawn = limitSplits(
    samples.splits ?? splitSamples(samples.keys, all, settings.split()),
    settings.number("limit"),
  );
  const { kept, splits } = renumber(drawn);
  const labels = all && selectLabels(all, kept);
  await samples.load?.(kept);
  const transforms = samples.inputs.map((input) => fitTransform(input, drawn.train, settings));
  return {
    name: ref.name,
    hash: hashJson({ reader: ref.reader, content: samples.hash(), settings: effective(ref.settings) }),
    size: kept.length,
    inputShapes: samples.inputs.map(({ shape }) => shape),
    ...(labels ? { labels } : {}),
    splits,
    read: (indices) => samples.inputs.map((input, i) => readInput(input, transforms[i] as Transform, kept, indices)),
  };
}

/** The sizes of a summary, where the number of samples is known without reading them. */
export function sizesOf(size: number, settings: DataSettings): { readonly size: number; readonly trainSize: number } {
  const { train, test } = splitSizes(size, settings.split(), settings.number("limit"));
  return { size: train + test, trainSize: train };
}

/** What the labels will be by the settings alone: none without `label`, else classes unless `task` says otherwise. */
export function labelSummary(settings: DataSettings): LabelSummary {
  if (settings.text("label") === undefined) return { kind: "none" };
  return settings.choice("task") === "regression" ? { kind: "value" } : classLabels(settings);
}

/** Class labels, with their number where the names of the classes are given. */
export function classLabels(settings: DataSettings): LabelSummary {
  const names = settings.names("classes");
  return { kind: "class", ...(names ? { classes: names.length } : {}) };
}

function readInput(
  input: SampleInput,
  transform: Transform,
  kept: Int32Array,
  indices: ArrayLike<number>,
): Tensor<"float32"> {
  const width = elementCount(input.shape);
  const out = new Float32Array(indices.length * width);
  for (let i = 0; i < indices.length; i++) {
    const index = kept[indices[i] as number];
    if (index === undefined) throw new RangeError(`datasets: sample ${indices[i]} of ${kept.length} was asked for`);
    input.fill(index, out, i * width);
    apply(transform, out, i * width, width);
  }
  return tensor("float32", [indices.length, ...input.shape], out);
}

/** In place over `out[at .. at + width)`; value i belongs to channel i modulo the number of channels. */
function apply({ scale, offset, mean, deviation }: Transform, out: Float32Array, at: number, width: number): void {
  const channels = mean.length;
  for (let i = 0; i < width; i++) {
    const value = (out[at + i] as number) * scale + offset;
    const channel = i % channels;
    out[at + i] = (value - (mean[channel] as number)) / (deviation[channel] as number);
  }
}

/** Channels are the last axis of an image or a sequence; each feature of a flat sample is its own. */
function fitTransform(input: SampleInput, train: Int32Array, settings: DataSettings): Transform {
  const plain = {
    scale: settings.number("scale") ?? 1,
    offset: settings.number("offset") ?? 0,
    mean: new Float64Array(1),
    deviation: new Float64Array(1).fill(1),
  };
  if (settings.choice("normalize") !== "standard") return plain;
  const width = elementCount(input.shape);
  const channels = input.shape.at(-1) ?? 1;
  const row = new Float32Array(width);
  const [count, mean, squares] = [new Float64Array(channels), new Float64Array(channels), new Float64Array(channels)];
  for (const index of train) {
    input.fill(index, row, 0);
    for (let i = 0; i < width; i++) {
      const channel = i % channels;
      // Welford 1962: no difference of large sums.
      const value = (row[i] as number) * plain.scale + plain.offset;
      count[channel] = (count[channel] as number) + 1;
      const delta = value - (mean[channel] as number);
      mean[channel] = (mean[channel] as number) + delta / (count[channel] as number);
      squares[channel] = (squares[channel] as number) + delta * (value - (mean[channel] as number));
    }
  }
  // A channel that never changes is only centred.
  const deviation = squares.map((sum, i) => Math.sqrt(sum / (count[i] as number)) || 1);
  return { ...plain, mean, deviation };
}

/** Samples outside both splits are forgotten; the rest keeps the order of the source. */
function renumber(splits: Splits): { kept: Int32Array; splits: Splits } {
  const kept = Int32Array.from([...splits.train, ...splits.test]).sort();
  const position = new Map(Array.from(kept, (index, i) => [index, i]));
  const move = (indices: Int32Array) => indices.map((index) => position.get(index) as number);
  return { kept, splits: { train: move(splits.train), test: move(splits.test) } };
}

function selectLabels(labels: Labels, kept: Int32Array): Labels {
  if (labels.kind === "class") return { ...labels, values: kept.map((index) => labels.values[index] as number) };
  if (labels.kind === "value")
    return { ...labels, values: selectRows(labels.values, labels.width, kept, Float32Array) };
  return { ...labels, values: selectRows(labels.values, labels.width, kept, Int32Array) };
}

/** Some rows of a table of `width` columns. */
function selectRows<T extends Float32Array | Int32Array>(
  values: T,
  width: number,
  kept: Int32Array,
  array: new (length: number) => T,
): T {
  const selected = new array(kept.length * width);
  kept.forEach((index, i) => {
    selected.set(values.subarray(index * width, (index + 1) * width), i * width);
  });
  return selected;
}

/** Settings with the defaults said, choices by name: what decides the values. */
function effective(settings: DataReference["settings"]): Record<string, unknown> {
  const said = Object.entries(settings).map(([name, value]) => {
    const choice = typeof value === "object" && value !== null && "name" in value ? value.name : value;
    return [name, choice] as const;
  });
  const defaults = { scale: 1, offset: 0, normalize: "none", task: "classification", split: defaultSplit };
  return { ...defaults, ...Object.fromEntries(said) };
}
