import { tensorFrom } from "../../../src/tensor/tensor.js";
import { constant, fed, float5, int64s, integers, normal, type OperatorCase, uniform } from "./one-node.js";

const contrib = { domain: "com.microsoft", noReference: "contrib operator" } as const;

const [batch, steps, heads, size] = [2, 5, 4, 16];
const width = heads * size;
const hidden = (seed: number, shape = [batch, steps, width]) => fed(normal(seed, shape));
const int32 = (values: number[], shape: number[]) => tensorFrom("int32", shape, values);

const attention = (
  title: string,
  inputs: OperatorCase["inputs"],
  attributes: OperatorCase["attributes"] = {},
): OperatorCase => ({
  ...contrib,
  title: `MultiHeadAttention ${title}`,
  opType: "MultiHeadAttention",
  inputs,
  attributes: { num_heads: heads, ...attributes },
  tolerance: float5,
});

const past = (seed: number, kvHeads: number, earlier: number, rows = batch) => [
  hidden(seed, [rows, kvHeads, earlier, size]),
  hidden(seed + 1, [rows, kvHeads, earlier, size]),
];

/** Angles as Llama has them: 10000^(-2i/size) for pair i. */
const tables = (pairs: number) => {
  const angle = (at: number) => Math.floor(at / pairs) * 10000 ** (-(at % pairs) / pairs);
  const table = (f: (angle: number) => number) =>
    constant(
      tensorFrom(
        "float32",
        [32, pairs],
        Array.from({ length: 32 * pairs }, (_, at) => f(angle(at))),
      ),
    );
  return [table(Math.cos), table(Math.sin)];
};

interface Grouped {
  readonly kvHeads: number;
  readonly rows?: number;
  readonly fresh?: number;
  readonly earlier?: number;
  readonly rotary?: boolean;
  readonly attributes?: OperatorCase["attributes"];
}

const grouped = (
  title: string,
  { kvHeads, rows = batch, fresh = steps, earlier = 0, rotary = false, attributes = {} }: Grouped,
): OperatorCase => ({
  ...contrib,
  title: `GroupQueryAttention ${title}`,
  opType: "GroupQueryAttention",
  inputs: [
    hidden(301, [rows, fresh, width]),
    hidden(302, [rows, fresh, kvHeads * size]),
    hidden(303, [rows, fresh, kvHeads * size]),
    ...(earlier > 0 ? past(304, kvHeads, earlier, rows) : [undefined, undefined]),
    fed(int32(new Array<number>(rows).fill(earlier + fresh - 1), [rows])),
    fed(int32([earlier + fresh], [])),
    ...(rotary ? tables(size / 2) : []),
  ],
  attributes: { num_heads: heads, kv_num_heads: kvHeads, ...(rotary ? { do_rotary: 1 } : {}), ...attributes },
  outputs: 3,
  tolerance: float5,
});

const rotary = (title: string, shape: number[], ids: number[], attributes: OperatorCase["attributes"] = {}) => ({
  ...contrib,
  title: `RotaryEmbedding ${title}`,
  opType: "RotaryEmbedding",
  inputs: [
    hidden(320, shape),
    fed(int64s(ids, ids.length === 1 ? [1] : [batch, steps])),
    ...tables(attributes.rotary_embedding_dim === 8 ? 4 : size / 2),
  ],
  attributes,
  tolerance: float5,
});

const skip = (
  title: string,
  opType: "SkipLayerNormalization" | "SkipSimplifiedLayerNormalization",
  parameters: number,
  skipShape = [batch, steps, width],
): OperatorCase => ({
  ...contrib,
  title: `${opType} ${title}`,
  opType,
  inputs: [
    hidden(330),
    hidden(331, skipShape),
    ...Array.from({ length: parameters }, (_, i) => constant(normal(332 + i, [width]))),
  ],
  attributes: { epsilon: 1e-5 },
  tolerance: float5,
});

const gather = (title: string, bits: 2 | 4 | 8, blockSize: number, columns: number): OperatorCase => ({
  ...contrib,
  title: `GatherBlockQuantized ${title}`,
  opType: "GatherBlockQuantized",
  inputs: [
    constant(integers(340, "uint8", [7, (columns * bits) / 8], 0, 255)),
    fed(int64s([0, 6, 3, 3], [2, 2])),
    constant(uniform(341, [7, Math.ceil(columns / blockSize)], 0.001, 0.02)),
  ],
  attributes: { bits, block_size: blockSize },
  tolerance: "exact",
});

const activation = (opType: string, bias: boolean, attributes: OperatorCase["attributes"] = {}): OperatorCase => ({
  ...contrib,
  title: `${opType}${bias ? " with bias" : ""} ${JSON.stringify(attributes)}`,
  opType,
  inputs: [fed(normal(350, [batch, steps, width], 3)), ...(bias ? [constant(normal(351, [width]))] : [])],
  attributes,
  tolerance: float5,
});

export const transformerCases: readonly OperatorCase[] = [
  attention("over all steps", [hidden(310), hidden(311), hidden(312)]),
  attention("causal with a scale", [hidden(310), hidden(311), hidden(312)], { unidirectional: 1, scale: 0.3 }),
  attention("across sequences, larger heads of value", [
    hidden(313, [batch, 3, width]),
    hidden(311),
    hidden(314, [batch, steps, heads * 8]),
  ]),
  attention("with a bias for each sample", [
    ...[hidden(310), hidden(311), hidden(312), undefined, undefined],
    fed(normal(315, [batch, 1, steps, steps])),
  ]),
  attention("with one bias for each head", [
    ...[hidden(310), hidden(311), hidden(312), undefined, undefined],
    constant(normal(316, [1, heads, steps, steps])),
  ]),
  {
    ...attention(
      "after a past",
      [hidden(310), hidden(311), hidden(312), undefined, undefined, undefined, ...past(317, heads, 3)],
      {
        unidirectional: 1,
      },
    ),
    outputs: 3,
  },
  grouped("without past", { kvHeads: heads }),
  grouped("with shared heads and a scale", { kvHeads: 2, attributes: { scale: 0.4 } }),
  grouped("with rotary positions", { kvHeads: 2, rotary: true }),
  grouped("with rotary positions, neighbours as pairs", {
    kvHeads: 1,
    rotary: true,
    attributes: { rotary_interleaved: 1 },
  }),
  grouped("one step after a past, rotary", { kvHeads: 2, fresh: 1, earlier: 7, rotary: true }),
  grouped("several steps after a past, rotary", { kvHeads: 2, rows: 1, earlier: 7, rotary: true }),
  rotary("of one first position", [batch, steps, width], [3], { num_heads: heads }),
  rotary("of positions for each sample", [batch, steps, width], [0, 1, 2, 3, 4, 9, 8, 7, 6, 5]),
  rotary("by heads, neighbours as pairs", [batch, heads, steps, size], [2], { interleaved: 1 }),
  rotary("of a part of a head", [batch, heads, steps, size], [0], { num_heads: heads, rotary_embedding_dim: 8 }),
  {
    title: "SimplifiedLayerNormalization",
    opType: "SimplifiedLayerNormalization",
    inputs: [hidden(325), constant(normal(326, [width]))],
    attributes: { epsilon: 1e-6 },
    tolerance: float5,
    noReference: "onnxruntime's own: ONNX has it from opset 23 on, as RMSNormalization",
  },
  {
    title: "SimplifiedLayerNormalization over two axes",
    opType: "SimplifiedLayerNormalization",
    inputs: [hidden(325), constant(normal(327, [steps, width]))],
    attributes: { axis: 1 },
    tolerance: float5,
    noReference: "onnxruntime's own: ONNX has it from opset 23 on, as RMSNormalization",
  },
  skip("with gamma alone", "SkipLayerNormalization", 1),
  skip("with beta and bias", "SkipLayerNormalization", 3),
  skip("with one skip for all samples", "SkipLayerNormalization", 2, [steps, width]),
  skip("with gamma alone", "SkipSimplifiedLayerNormalization", 1),
  skip("with bias", "SkipSimplifiedLayerNormalization", 2, [1, steps, width]),
  activation("Gelu", false),
  activation("BiasGelu", true),
  activation("FastGelu", false),
  activation("FastGelu", true),
  activation("QuickGelu", false),
  activation("QuickGelu", false, { alpha: 1 }),
  gather("4 bits", 4, 32, 64),
  gather("8 bits, a last block that is not full", 8, 16, 40),
  gather("2 bits", 2, 128, 128),
];
