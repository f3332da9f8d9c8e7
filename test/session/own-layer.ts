import type { layers as kerasLayers, Shape, Tensor } from "@tensorflow/tfjs";
import type { LayerModule } from "../../src/index.js";

/** A layer class of a user's own: `max(x, 0)^2 * gain`, one gain a channel. */
const className = "SquaredRelu";

/** How Nibble lowers it. */
export const layers: LayerModule["layers"] = [
  {
    className,
    weights: () => ["gain"],
    lower(context, inputs) {
      const [x] = inputs;
      if (!x) throw new Error("it takes one input");
      const gain = context.weight("gain", [x.shape.at(-1) ?? 0]);
      const rectified = context.node("Relu", [x.name]);
      const squared = context.node("Mul", [rectified, rectified]);
      const name = context.node("Mul", [squared, context.constant(context.weightName("gain"), () => gain)]);
      return [{ ...x, name }];
    },
  },
];

type Layer = InstanceType<typeof kerasLayers.Layer>;

/** How TF.js computes it. */
export const tfjs: NonNullable<LayerModule["tfjs"]> = (tf) => {
  class SquaredRelu extends tf.layers.Layer {
    static readonly className = className;
    private gain: ReturnType<Layer["addWeight"]> | undefined;

    override build(shape: Shape) {
      this.gain = this.addWeight("gain", [shape.at(-1) ?? 0], "float32", tf.initializers.constant({ value: 0.5 }));
      super.build(shape);
    }

    override call(inputs: Tensor | Tensor[]) {
      const x = Array.isArray(inputs) ? inputs[0] : inputs;
      const gain = this.gain;
      if (!x || !gain) throw new Error("it is not built");
      return tf.tidy(() => tf.mul(tf.square(tf.relu(x)), gain.read()));
    }
  }
  tf.serialization.registerClass(SquaredRelu);
};
