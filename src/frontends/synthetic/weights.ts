import { type Tensor, tensor } from "../../tensor/tensor.js";

/** Random weights of a made-up model; every call goes on where the last one ended. */
export interface RandomWeights {
  /** Uniform with mean 0 and variance 1 / shape[0], so that values keep their size through a layer: float32, row-major. */
  matrix(shape: readonly [number, number]): Tensor<"float32">;
}

/**
 * Weights by xorshift32 (Marsaglia 2003), a tenth of the time of the generator that draws samples: hundreds of millions are
 * drawn here, and nothing but their being random and finite is asked of them.
 */
export function randomWeights(seed: number): RandomWeights {
  // 0 is the one state that xorshift never leaves.
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995) | 0 || 1;
  return {
    matrix([rows, columns]) {
      const data = new Float32Array(rows * columns);
      // A uniform value in -0.5..0.5 has variance 1/12; the state is in -2^31..2^31.
      const scale = Math.sqrt(12 / rows) / 2 ** 32;
      for (let i = 0; i < data.length; i++) {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        data[i] = state * scale;
      }
      return tensor("float32", [rows, columns], data);
    },
  };
}
