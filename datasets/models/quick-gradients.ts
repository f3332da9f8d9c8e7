import type { LayersModel, layers, Tensor, Tensor3D } from "@tensorflow/tfjs";
import type { TfModule } from "../../src/engines/tfjs.js";

type Layer = InstanceType<typeof layers.Layer>;

/**
 * Gives the layers of a model that is trained gradients of fewer kernels; what they compute stays the same, and so does
 * what is stored. TF.js's LayerNormalization tiles its moments, and the gradient of a tile cuts it up once for each
 * repetition (23,000 kernels a step for a model of four blocks); its gelu_new takes powers.
 */
export function quickGradients(tf: TfModule, model: LayersModel): void {
  for (const layer of model.layers) {
    const { activation, epsilon } = layer as unknown as { activation?: Activation; epsilon?: number };
    if (layer.getClassName() === "LayerNormalization") {
      const call = (inputs: Tensor | Tensor[]) => layerNorm(tf, layer, inputs, epsilon ?? 1e-3);
      Object.assign(layer, { call });
    }
    if (activation?.getClassName() === "gelu_new") Object.assign(activation, { apply: (x: Tensor) => gelu(tf, x) });
  }
}

interface Activation {
  getClassName(): string;
}

/** Over the last dimension (Ba et al. 2016); its gradient in one piece. */
function layerNorm(tf: TfModule, layer: Layer, inputs: Tensor | Tensor[], epsilon: number): Tensor {
  const x = (Array.isArray(inputs) ? inputs[0] : inputs) as Tensor3D;
  const { gamma, beta } = layer as unknown as Record<"gamma" | "beta", { read(): Tensor }>;
  const normalized = tf.customGrad((input, save) => {
    const centred = (input as Tensor).sub((input as Tensor).mean(-1, true));
    const inverse = centred.square().mean(-1, true).add(epsilon).rsqrt();
    const value = centred.mul(inverse);
    (save as (tensors: Tensor[]) => void)([value, inverse]);
    const gradFunc = (dy: Tensor, [y, scale]: Tensor[]) => {
      if (!y || !scale) throw new Error("train: TF.js kept nothing for the gradient");
      const along = y.mul(dy.mul(y).mean(-1, true));
      return scale.mul(dy.sub(dy.mean(-1, true)).sub(along));
    };
    return { value, gradFunc };
  });
  return normalized(x).mul(gamma.read()).add(beta.read());
}

/** `0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))` (Hendrycks and Gimpel 2016). */
function gelu(tf: TfModule, x: Tensor): Tensor {
  const k = Math.sqrt(2 / Math.PI);
  const run = tf.customGrad((input, save) => {
    const u = input as Tensor;
    const t = u
      .mul(
        u
          .square()
          .mul(0.044715 * k)
          .add(k),
      )
      .tanh();
    const half = t.add(1).mul(0.5);
    (save as (tensors: Tensor[]) => void)([u, t, half]);
    const gradFunc = (dy: Tensor, [v, tanh, share]: Tensor[]) => {
      if (!v || !tanh || !share) throw new Error("train: TF.js kept nothing for the gradient");
      const slope = v.mul(
        v
          .square()
          .mul(3 * 0.044715 * k)
          .add(k),
      );
      return dy.mul(share.add(tf.sub(0.5, tanh.square().mul(0.5)).mul(slope)));
    };
    return { value: u.mul(half), gradFunc };
  });
  return run(x);
}
