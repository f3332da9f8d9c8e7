import { seededRandom } from "../../../src/base/random.js";
import { type GraphBuilder, graphBuilder } from "../../../src/ir/builder.js";
import { BATCH, type Graph } from "../../../src/ir/graph.js";
import { tensor } from "../../../src/tensor/tensor.js";

export interface EncoderSizes {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly tokens: number;
}

/**
 * Encoder blocks with normalization after each sum (Vaswani et al. 2017; GELU as in Devlin et al. 2019), hidden width four
 * times the width, random weights. Input: embedded tokens [batch, tokens, width].
 */
export function encoder({ layers, width, heads, tokens }: EncoderSizes): Graph {
  const build = graphBuilder("encoder");
  const on = operations(build);
  const split = on.integers("heads/shape", [0, tokens, heads, width / heads]);
  const joined = on.integers("width/shape", [0, tokens, width]);
  const scale = build.constant("attention/scale", tensor("float32", [], Float32Array.of((width / heads) ** -0.5)));
  let x = build.input("tokens", "float32", [BATCH, tokens, width]);
  for (let i = 0; i < layers; i++) {
    const layer = `block_${i}`;
    const [query, key, value] = ["query", "key", "value"].map((name) => {
      const parts = build.node("Reshape", [on.dense(x, width, width, `${layer}/${name}`), split]);
      return build.node("Transpose", [parts], { perm: name === "key" ? [0, 2, 3, 1] : [0, 2, 1, 3] });
    }) as [string, string, string];
    const scores = build.node("Mul", [build.node("MatMul", [query, key]), scale]);
    const mixed = build.node("MatMul", [build.node("Softmax", [scores], { axis: -1 }), value]);
    const attended = build.node("Reshape", [build.node("Transpose", [mixed], { perm: [0, 2, 1, 3] }), joined]);
    x = on.normalized(
      build.node("Add", [x, on.dense(attended, width, width, `${layer}/output`)]),
      width,
      `${layer}/ln_1`,
    );
    const hidden = on.gelu(on.dense(x, width, 4 * width, `${layer}/mlp_1`));
    x = on.normalized(
      build.node("Add", [x, on.dense(hidden, 4 * width, width, `${layer}/mlp_2`)]),
      width,
      `${layer}/ln_2`,
    );
  }
  return build.build([x]);
}

function operations(build: GraphBuilder) {
  const random = seededRandom(3);
  const normal = (name: string, shape: readonly number[], centre: number, spread: number) => {
    const length = shape.reduce((a, b) => a * b, 1);
    const data = Float32Array.from({ length }, () => centre + spread * random.normal());
    return build.constant(name, tensor("float32", shape, data));
  };
  return {
    integers: (name: string, values: readonly number[]) =>
      build.constant(name, tensor("int64", [values.length], BigInt64Array.from(values.map(BigInt)))),
    dense(x: string, inputs: number, outputs: number, layer: string): string {
      const kernel = normal(`${layer}/kernel`, [inputs, outputs], 0, 1 / Math.sqrt(inputs));
      const product = build.node("MatMul", [x, kernel], {}, { name: layer, layer });
      const bias = normal(`${layer}/bias`, [outputs], 0, 0.02);
      return build.node("Add", [product, bias], {}, { name: `${layer}/BiasAdd`, layer });
    },
    normalized(x: string, width: number, layer: string): string {
      const operands = [normal(`${layer}/gamma`, [width], 1, 0.02), normal(`${layer}/beta`, [width], 0, 0.02)];
      return build.node("LayerNormalization", [x, ...operands], { axis: -1, epsilon: 1e-5 }, { name: layer, layer });
    },
    gelu: (x: string): string => build.node("Gelu", [x]),
  };
}
