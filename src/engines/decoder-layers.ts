import type { layers, Tensor } from "@tensorflow/tfjs";

/** Here and not from `tfjs.ts`, which loads this file. */
type TfModule = typeof import("@tensorflow/tfjs");

type LayerArgs = NonNullable<ConstructorParameters<typeof layers.Layer>[0]>;
type Layer = InstanceType<typeof layers.Layer>;

/** Options of `CausalSelfAttention`. */
export interface AttentionArgs extends LayerArgs {
  /** Heads of the queries. */
  heads: number;
  /** Heads of keys and values, each shared by `heads / kvHeads` heads of the queries; default `heads`. */
  kvHeads?: number;
  /** Base of the rotary positions' wavelengths, e.g. 10000; null where positions are learned. */
  rotaryBase?: number | null;
}

/** The layer classes of a decoder-only language model that TF.js does not have. */
export interface DecoderLayers {
  /**
   * Scaled dot-product attention in which a position sees itself and what is before it (Vaswani et al. 2017). It has no
   * weights: its inputs are queries [batch, time, heads * size], keys and values [batch, time, kvHeads * size], which
   * Dense layers make. Query head h reads key head floor(h * kvHeads / heads) (Ainslie et al. 2023).
   * Rotary positions turn the first half of each head against the second, as Llama does (Su et al. 2021).
   */
  causalSelfAttention(args: AttentionArgs): Layer;
  /** Adds a learned row to each position: [batch, time, width] + table [positions, width]. */
  positionEmbedding(args: LayerArgs & { positions: number }): Layer;
  /** `x / sqrt(mean(x^2) + epsilon) * gamma` over the last dimension (Zhang and Sennrich 2019). */
  rmsNormalization(args: LayerArgs & { epsilon?: number }): Layer;
}

const known = new WeakMap<TfModule, DecoderLayers>();

/** The decoder's layers for this copy of TF.js, which can load models that have them from then on. */
export function decoderLayers(tf: TfModule): DecoderLayers {
  const made = known.get(tf) ?? define(tf);
  known.set(tf, made);
  return made;
}

function define(tf: TfModule): DecoderLayers {
  const classes = [attentionClass(tf), positionClass(tf), rmsClass(tf)] as const;
  for (const each of classes) tf.serialization.registerClass(each);
  tf.serialization.registerClass(geluNewClass(tf));
  const [Attention, Position, Rms] = classes;
  return {
    causalSelfAttention: (args) => new Attention(args),
    positionEmbedding: (args) => new Position(args),
    rmsNormalization: (args) => new Rms(args),
  };
}

/**
 * TF.js writes its activation gelu_new to model.json as "geluNew", and then does not know that name when it reads the
 * file: this is the same function under that name (Hendrycks and Gimpel 2016, the form with tanh).
 */
function geluNewClass(tf: TfModule) {
  return class GeluNew extends tf.serialization.Serializable {
    static readonly className = "geluNew";

    apply(x: Tensor): Tensor {
      return tf.tidy(() => {
        const inner = x.add(x.pow(3).mul(0.044715)).mul(Math.sqrt(2 / Math.PI));
        return x.mul(0.5).mul(inner.tanh().add(1));
      });
    }

    override getConfig() {
      return {};
    }
  };
}

function attentionClass(tf: TfModule) {
  return class CausalSelfAttention extends tf.layers.Layer {
    static readonly className = "CausalSelfAttention";
    private readonly heads: number;
    private readonly kvHeads: number;
    private readonly rotaryBase: number | null;

    constructor(args: AttentionArgs) {
      super(args);
      this.heads = args.heads;
      this.kvHeads = args.kvHeads ?? args.heads;
      this.rotaryBase = args.rotaryBase ?? null;
    }

    override computeOutputShape(shapes: unknown): number[] {
      return [...((shapes as number[][])[0] ?? [])];
    }

    override call(inputs: Tensor | Tensor[]): Tensor {
      return tf.tidy(() => {
        const [query, key, value] = inputs as Tensor[];
        if (!query || !key || !value) throw new Error("CausalSelfAttention: it needs queries, keys and values");
        const q = this.turned(split(query, this.heads));
        const k = this.repeated(this.turned(split(key, this.kvHeads)));
        const v = this.repeated(split(value, this.kvHeads));
        const [time = 1, size = 1] = q.shape.slice(2);
        const scores = tf.matMul(q, k, false, true).mul(1 / Math.sqrt(size));
        // -1e9 for what comes later: its exponential is 0 beside any score.
        const later = tf.linalg
          .bandPart(tf.ones([time, time]), -1, 0)
          .sub(1)
          .mul(1e9);
        const mixed = tf.matMul(tf.softmax(scores.add(later)), v);
        return mixed.transpose([0, 2, 1, 3]).reshape(query.shape);
      });
    }

    /** Each pair (x[i], x[i + size/2]) turned by position * base^(-2i/size). */
    private turned(x: Tensor): Tensor {
      if (this.rotaryBase === null) return x;
      const [time = 1, size = 1] = x.shape.slice(2);
      const half = size / 2;
      const power = tf.range(0, half).mul((-2 / size) * Math.log(this.rotaryBase));
      const angle = tf.range(0, time).expandDims(1).mul(power.exp());
      const [cos, sin] = [tf.concat([angle.cos(), angle.cos()], 1), tf.concat([angle.sin(), angle.sin()], 1)];
      const [first, second] = tf.split(x, 2, 3) as [Tensor, Tensor];
      return x.mul(cos).add(tf.concat([second.neg(), first], 3).mul(sin));
    }

    /** [batch, kvHeads, time, size] to [batch, heads, time, size]. */
    private repeated(x: Tensor): Tensor {
      const times = this.heads / this.kvHeads;
      if (times === 1) return x;
      const [batch = 1, kvHeads = 1, time = 1, size = 1] = x.shape;
      return x
        .expandDims(2)
        .tile([1, 1, times, 1, 1])
        .reshape([batch, kvHeads * times, time, size]);
    }

    override getConfig() {
      const { heads, kvHeads, rotaryBase } = this;
      return { ...super.getConfig(), heads, kvHeads, rotaryBase };
    }
  };

  /** [batch, time, heads * size] to [batch, heads, time, size]. */
  function split(x: Tensor, heads: number): Tensor {
    const [batch = 1, time = 1, width = 1] = x.shape;
    return x.reshape([batch, time, heads, width / heads]).transpose([0, 2, 1, 3]);
  }
}

function positionClass(tf: TfModule) {
  return class PositionEmbedding extends tf.layers.Layer {
    static readonly className = "PositionEmbedding";
    private readonly positions: number;
    private table: ReturnType<Layer["addWeight"]> | undefined;

    constructor(args: LayerArgs & { positions: number }) {
      super(args);
      this.positions = args.positions;
    }

    override build(shape: unknown): void {
      const width = (shape as number[]).at(-1) ?? 1;
      const normal = tf.initializers.randomNormal({ mean: 0, stddev: 0.02 });
      this.table = this.addWeight("embeddings", [this.positions, width], "float32", normal);
      this.built = true;
    }

    override call(inputs: Tensor | Tensor[]): Tensor {
      const x = (Array.isArray(inputs) ? inputs[0] : inputs) as Tensor;
      const table = this.table?.read() as Tensor;
      return tf.tidy(() => x.add(table.slice([0, 0], [x.shape[1] ?? 1, -1])));
    }

    override computeOutputShape(shape: unknown): number[] {
      return shape as number[];
    }

    override getConfig() {
      return { ...super.getConfig(), positions: this.positions };
    }
  };
}

function rmsClass(tf: TfModule) {
  return class RMSNormalization extends tf.layers.Layer {
    static readonly className = "RMSNormalization";
    private readonly epsilon: number;
    private gamma: ReturnType<Layer["addWeight"]> | undefined;

    constructor(args: LayerArgs & { epsilon?: number }) {
      super(args);
      this.epsilon = args.epsilon ?? 1e-6;
    }

    override build(shape: unknown): void {
      const width = (shape as number[]).at(-1) ?? 1;
      this.gamma = this.addWeight("gamma", [width], "float32", tf.initializers.ones());
      this.built = true;
    }

    override call(inputs: Tensor | Tensor[]): Tensor {
      const x = (Array.isArray(inputs) ? inputs[0] : inputs) as Tensor;
      const gamma = this.gamma?.read() as Tensor;
      return tf.tidy(() => x.mul(x.square().mean(-1, true).add(this.epsilon).rsqrt()).mul(gamma));
    }

    override computeOutputShape(shape: unknown): number[] {
      return shape as number[];
    }

    override getConfig() {
      return { ...super.getConfig(), epsilon: this.epsilon };
    }
  };
}
