import type { WordingOf } from "./wording.js";

export interface DecoderFacts {
  /** A model that is asked for one token at a time and is no decoder. */
  readonly "decoder-none": { readonly model: string; readonly reason: string };
  /** A node that looks at several steps and is no attention with a cache. */
  readonly "decoder-mixes-steps": { readonly node: string; readonly opType: string };
  /** More steps before the new one than the model has positions for. */
  readonly "decoder-context": { readonly context: number; readonly positions: number; readonly table: string };
  /** Files of language models. */
  readonly "safetensors-corrupt": { readonly path: string; readonly reason: string };
  readonly "decoder-family": { readonly path: string; readonly family: string; readonly known: readonly string[] };
  readonly "decoder-config": {
    readonly path: string;
    readonly option: string;
    readonly expected: string;
    readonly found: string;
  };
}

export const decoderWording: WordingOf<DecoderFacts> = {
  "decoder-none": ({ model, reason }) => ({
    message: `the model "${model}" cannot give one token at a time: ${reason}`,
    hint: "what decodes has one input of tokens [batch, steps] and causal attention between its layers",
  }),
  "decoder-mixes-steps": ({ node, opType }) => ({
    message: `node "${node}" (${opType}) looks at several steps of the sequence, and has no cache of earlier ones`,
    hint: "only causal attention may do so in a model that gives one token at a time",
  }),
  "decoder-context": ({ context, positions, table }) => ({
    message: `${context} earlier tokens were asked for; the model knows ${positions} positions ("${table}")`,
    hint: `ask for a context of at most ${positions - 1}`,
  }),
  "safetensors-corrupt": ({ path, reason }) => ({
    message: `"${path}" is no whole safetensors file: ${reason}`,
    hint: "copy or save the file again",
  }),
  "decoder-family": ({ path, family, known }) => ({
    message: `model_type in "${path}" is ${family}; it names no language model that can be read`,
    hint: `known types: ${known.join(", ")}; an ONNX file of the model can be read by onnx(...)`,
  }),
  "decoder-config": ({ path, option, expected, found }) => ({
    message: `${option} in "${path}" is ${found}; expected: ${expected}`,
  }),
};
