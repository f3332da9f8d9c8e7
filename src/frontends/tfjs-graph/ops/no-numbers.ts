import type { OpDefinition, OpFamily } from "../definition.js";

const refused = (ops: readonly string[], summary: string, reason: string): OpDefinition[] =>
  ops.map((op) => ({ op, summary, support: "refused", reason }));

const tail = (ops: readonly string[], summary: string, reason: string): OpDefinition[] =>
  ops.map((op) => ({ op, summary, support: "tail", reason }));

const before = "export the model from the numbers on that this makes, and do it in front of the model";
const texts = `texts have no kernels here; ${before}`;
const tables = `tables of keys have no kernels here; ${before}`;
const forests = "decision forests have no kernels here, and gain nothing from fewer bits of weights; run them in TF.js";
const rows = "how many rows it makes depends on values";
const complex = "complex numbers have no kernels here";

/** Operators on texts, tables, sparse and ragged tensors and complex numbers, of which none is arithmetic on a dense tensor. */
export const withoutNumbers: OpFamily = {
  family: "texts, tables, sparse and complex",
  ops: [
    ...refused(
      ["StaticRegexReplace", "StringNGrams", "StringSplit", "StringToHashBucketFast"],
      "texts changed, split or hashed",
      texts,
    ),
    ...refused(
      [
        "HashTable",
        "HashTableV2",
        "LookupTableImport",
        "LookupTableImportV2",
        "LookupTableFind",
        "LookupTableFindV2",
        "LookupTableSize",
        "LookupTableSizeV2",
        "InitializeTable",
        "InitializeTableV2",
      ],
      "tables of keys and values",
      tables,
    ),
    ...refused(
      ["SimpleMLCreateModelResource", "SimpleMLLoadModelFromPathWithHandle", "SimpleMLInferenceOpWithHandle"],
      "decision forests",
      forests,
    ),
    ...tail(
      ["SparseFillEmptyRows", "SparseReshape", "SparseSegmentMean", "SparseSegmentSum"],
      "sparse tensors as lists of places and values",
      rows,
    ),
    ...tail(["RaggedGather", "RaggedRange", "RaggedTensorToTensor"], "rows of different lengths", rows),
    ...tail(["FFT", "IFFT", "RFFT", "IRFFT", "Complex", "ComplexAbs", "Real", "Imag"], "complex numbers", complex),
  ],
};
