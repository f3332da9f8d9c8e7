import type { LayersModel } from "@tensorflow/tfjs";
import { seededRandom } from "../../../src/base/random.js";
import type { TfModule } from "../../../src/engines/tfjs.js";

/**
 * Fills a model with random weights under which activations neither die nor grow with depth: kernels N(0, 2 / fan in)
 * (He et al. 2015, equation 10), scales 1, variances 1, everything else small. Speed and parity can be measured on such a
 * model, accuracy cannot.
 */
export function fillRandomly(tf: TfModule, model: LayersModel, seed = 1): LayersModel {
  const random = seededRandom(seed);
  for (const variable of model.weights) {
    const shape = variable.shape as number[];
    const size = shape.reduce((a, b) => a * b, 1);
    const { centre, spread } = distribution(variable.originalName, shape);
    const values = Float32Array.from({ length: size }, () => centre + spread * random.normal());
    const value = tf.tensor(values, shape);
    variable.write(value);
    value.dispose();
  }
  return model;
}

/** A depthwise kernel [h, w, in, multiplier] sums h * w products; any other all but its last dimension. */
function distribution(name: string, shape: readonly number[]): { readonly centre: number; readonly spread: number } {
  if (/(gamma|variance)$/.test(name)) return { centre: 1, spread: 0.02 };
  if (!/kernel$/.test(name)) return { centre: 0, spread: 0.02 };
  const summed = /depthwise_kernel$/.test(name) ? shape.slice(0, 2) : shape.slice(0, -1);
  return { centre: 0, spread: Math.sqrt(2 / summed.reduce((a, b) => a * b, 1)) };
}
