import { type Tensor, tensor } from "../../tensor/tensor.js";
import { float32Of } from "./define.js";

/** Keys or values of all steps that attention may look at: float32 [batch, heads, steps, size], row-major. */
export interface Cache {
  readonly data: Float32Array;
  readonly batch: number;
  readonly heads: number;
  readonly steps: number;
  readonly size: number;
}

/** The heads of x [batch, steps, heads * size] after those of `past` [batch, heads, earlier steps, size]. */
export function extended(x: Tensor, heads: number, past: Tensor | undefined): Cache {
  const [batch = 1, fresh = 1, width = 1] = x.shape;
  const size = width / heads;
  const earlier = past?.shape[2] ?? 0;
  const steps = earlier + fresh;
  const data = new Float32Array(batch * heads * steps * size);
  const [from, old] = [float32Of(x), past && float32Of(past)];
  for (let head = 0; head < batch * heads; head++) {
    if (old) data.set(old.subarray(head * earlier * size, (head + 1) * earlier * size), head * steps * size);
    for (let step = 0; step < fresh; step++) {
      const source = ((Math.floor(head / heads) * fresh + step) * heads + (head % heads)) * size;
      data.set(from.subarray(source, source + size), (head * steps + earlier + step) * size);
    }
  }
  return { data, batch, heads, steps, size };
}

/** The tensor that holds a cache. */
export function cacheTensor({ data, batch, heads, steps, size }: Cache): Tensor<"float32"> {
  return tensor("float32", [batch, heads, steps, size], data);
}

export interface AttentionOptions {
  /** What a product of query and key is multiplied by. */
  readonly scale: number;
  /** Whether a step looks at itself and earlier ones alone; the last query is the last key's step. */
  readonly causal: boolean;
  /** Added to a scaled product before softmax. */
  readonly bias?: (batch: number, head: number, query: number, key: number) => number;
}

/**
 * softmax(scale * Q K' + bias) V for each head, in float64 and rounded once; several query heads may share a key head.
 * @returns float32 [batch, queries, heads * value size]
 * @see Vaswani et al. 2017, "Attention is all you need", equation 1
 */
export function attend(query: Cache, key: Cache, value: Cache, options: AttentionOptions): Tensor<"float32"> {
  const { batch, heads, steps, size } = query;
  const y = new Float32Array(batch * steps * heads * value.size);
  const sharing = heads / key.heads;
  for (let b = 0; b < batch; b++) {
    for (let head = 0; head < heads; head++) {
      const shared = b * key.heads + Math.floor(head / sharing);
      for (let step = 0; step < steps; step++) {
        const last = options.causal ? key.steps - steps + step : key.steps - 1;
        const row = query.data.subarray(((b * heads + head) * steps + step) * size).subarray(0, size);
        const weights = softmaxOf(last + 1, (k) => {
          const at = (shared * key.steps + k) * size;
          let sum = 0;
          for (let i = 0; i < size; i++) sum += (row[i] as number) * (key.data[at + i] as number);
          return sum * options.scale + (options.bias?.(b, head, step, k) ?? 0);
        });
        const target = ((b * steps + step) * heads + head) * value.size;
        for (let i = 0; i < value.size; i++) {
          let sum = 0;
          for (const [k, weight] of weights.entries()) {
            sum += weight * (value.data[(shared * value.steps + k) * value.size + i] as number);
          }
          y[target + i] = sum;
        }
      }
    }
  }
  return tensor("float32", [batch, steps, heads * value.size], y);
}

function softmaxOf(count: number, score: (index: number) => number): Float64Array {
  const scores = Float64Array.from({ length: count }, (_, i) => score(i));
  const max = scores.reduce((largest, each) => Math.max(largest, each), Number.NEGATIVE_INFINITY);
  const powers = scores.map((each) => Math.exp(each - max));
  const sum = powers.reduce((total, each) => total + each, 0);
  return powers.map((each) => each / sum);
}
