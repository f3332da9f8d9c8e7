import { fail } from "../../base/diagnostic.js";
import { nearestFact } from "../../base/nearest.js";
import { transposed } from "../../tensor/layout.js";
import { type Tensor, tensor } from "../../tensor/tensor.js";
import type { DecoderConfig, DecoderWeights } from "./blocks.js";
import { readTensor, type StoredTensor } from "./safetensors.js";

type Float = Tensor<"float32">;

/** How tensors of files become weights. */
export interface Reading {
  read(stored: StoredTensor, name: string): Float;
  /** [a, b] as [b, a]. */
  flipped(matrix: Float): Float;
  firstRows(table: Float, rows: number): Float;
}

/** Weights with their values. */
export const wholeTensors: Reading = {
  read: readTensor,
  flipped: (matrix) => transposed(matrix, [1, 0]),
  firstRows: ({ data, shape: [, width = 1] }, rows) => tensor("float32", [rows, width], data.slice(0, rows * width)),
};

const withoutData = (shape: readonly number[]): Float => ({ dtype: "float32", shape, data: new Float32Array(0) });

/** Shapes without data, to find out whether all weights are there and fit. */
export const shapesAlone: Reading = {
  read: ({ shape }) => withoutData(shape),
  flipped: ({ shape }) => withoutData([...shape].reverse()),
  firstRows: ({ shape: [, width = 1] }, rows) => withoutData([rows, width]),
};

/**
 * The weights as layers want them. A kernel of Llama is [outputs, inputs] in its file, one of GPT-2 [inputs, outputs], a
 * head always [vocabulary, width]. What a weight is asked for with is checked before it is read.
 */
export function weightsOf(
  tensors: ReadonlyMap<string, StoredTensor>,
  { norm, names, tied }: DecoderConfig,
  reading: Reading,
): DecoderWeights {
  const find = (name: string) => tensors.get(name) ?? tensors.get(`transformer.${name}`);
  const read = (layer: string, weight: string, shape: readonly number[]): Float => {
    const stored = find(`${layer}.${weight}`);
    if (!stored) {
      const near = nearestFact(`${layer}.${weight}`, [...tensors.keys()]);
      return fail("model-weight-missing", { layer, weight, known: tensors.size, ...near });
    }
    const same = stored.shape.length === shape.length && shape.every((size, i) => size === stored.shape[i]);
    if (!same) fail("model-weight-shape", { layer, weight, expected: shape, found: stored.shape });
    if (!["F32", "F16", "BF16"].includes(stored.dtype)) {
      fail("model-weight-type", { weight: `${layer}.${weight}`, dtype: stored.dtype });
    }
    return reading.read(stored, `${layer}.${weight}`);
  };
  return {
    table(layer, rows, width) {
      // Positions beyond the sequence are not read by anything.
      const stored = layer === names.positions ? (find(`${layer}.weight`)?.shape[0] ?? rows) : rows;
      const table = read(layer, "weight", [Math.max(rows, stored), width]);
      return stored > rows ? reading.firstRows(table, rows) : table;
    },
    dense(layer, inputs, outputs) {
      const isHead = layer === names.head;
      if (isHead && tied) return { kernel: reading.flipped(read(names.embedding, "weight", [outputs, inputs])) };
      const bias = find(`${layer}.bias`) ? { bias: read(layer, "bias", [outputs]) } : {};
      if (norm === "layer" && !isHead) return { kernel: read(layer, "weight", [inputs, outputs]), ...bias };
      return { kernel: reading.flipped(read(layer, "weight", [outputs, inputs])), ...bias };
    },
    norm(layer, width) {
      const scale = read(layer, "weight", [width]);
      return norm === "rms" ? { scale } : { scale, offset: read(layer, "bias", [width]) };
    },
  };
}
