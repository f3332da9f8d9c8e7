/** IR version 10 (2024-03-25): the first with int4 and blocked quantization; onnxruntime 1.30 reads up to 13. */
export const IR_VERSION = 10;

/** Operator sets of every file that Nibble writes. */
export const OPSETS = { "": 21, "com.microsoft": 1 } as const;
