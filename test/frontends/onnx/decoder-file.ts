import { modelWriter } from "./model-writer.js";

/** Decoder-only language models as torch.onnx writes Hugging Face's: shapes taken apart and put together node by node. */
export interface DecoderFile {
  readonly heads: number;
  readonly kvHeads: number;
  readonly size: number;
  /** Tokens of a sequence; null leaves them open, and the batch with them. */
  readonly steps: number | null;
  readonly layers?: number;
  readonly vocabulary?: number;
  /** Inputs beside the tokens. */
  readonly inputs?: readonly ("attention_mask" | "position_ids" | "token_type_ids" | "past_key_values.0.key")[];
  /** How positions are known: turned halves (Llama), turned neighbours (GPT-J), a table of rows (GPT-2). */
  readonly positions?: "slice" | "split" | "halves" | "interleaved" | "learned";
  /** Where turning happens: on [batch, heads, steps, size], or on [batch, steps, heads, size]. */
  readonly turned?: "heads" | "steps";
  readonly repeat?: "expand" | "tile" | "concat" | "gather";
  /**
   * `where` a table of truths and a mask that is added (GPT-2); `minimum` two masks put together (Llama of 2023);
   * `triangle` (of 2024); `scatter` the same written into a slice; `infinite` scaled_dot_product_attention with is_causal.
   */
  readonly mask?: "where" | "minimum" | "triangle" | "scatter" | "infinite";
  /** Normalizes the heads of queries and keys, as Qwen 3 does. */
  readonly headNorm?: boolean;
  /** Elements of a head that are turned, where not all are (GPT-NeoX, Phi). */
  readonly turnedSize?: number;
  /** Writes dense layers as Gemm of all steps in a row, with a bias, as GPT-2's are. */
  readonly flat?: boolean;
  /** Gives keys and values out as well. */
  readonly caches?: boolean;
  /** Changes the file in a way that makes it another function. */
  readonly spoiled?: Spoiled;
}

/**
 * What a near miss does: turns by the other sign, by angles that differ in a pair, along the steps, with the halves in place,
 * queries and keys by different angles, or queries alone; repeats all heads as a whole; lets each step see the next one.
 */
export type Spoiled = "sign" | "halves" | "axis" | "order" | "tables" | "queries" | "whole" | "mask";

const MINIMUM = -3.4028234663852886e38;

/** The bytes of such a file. */
export function decoderFile(options: DecoderFile): Uint8Array {
  const file = modelWriter();
  const { heads, kvHeads, size, layers = 1, vocabulary = 32, inputs = ["attention_mask"] } = options;
  const width = heads * size;
  const { node, weight, ints, number } = file;
  const embedded = node("Gather", [weight("model.embed_tokens.weight", [vocabulary, width]), "input_ids"], { axis: 0 });
  const sizeAt = (x: string, axis: number) => node("Gather", [node("Shape", [x]), file.int(axis)], { axis: 0 });
  const lifted = (x: string) => node("Unsqueeze", [x, ints([0])]);
  const joined = (...parts: string[]) => node("Concat", parts, { axis: 0 });
  const [batch, steps] = [sizeAt("input_ids", 0), sizeAt("input_ids", 1)];
  const [batch1, steps1] = [lifted(batch), lifted(steps)];
  const counted = node("Range", [file.int(0), steps, file.int(1)]);
  const ids = inputs.includes("position_ids") ? "position_ids" : lifted(counted);
  const types = inputs.includes("token_type_ids")
    ? node("Gather", [weight("model.token_type.weight", [2, width]), "token_type_ids"], { axis: 0 })
    : undefined;
  const typed = types ? node("Add", [embedded, types]) : embedded;

  /** [batch, 1, 1, steps] of the attention mask, as numbers. */
  const given = () => node("Unsqueeze", [node("Cast", ["attention_mask"], { to: 1 }), ints([1, 2])]);
  const hasMask = inputs.includes("attention_mask");
  const square = (value: number) => node("Expand", [number(value), joined(steps1, steps1)]);
  const column = () => node("Reshape", [counted, joined(steps1, ints([1]))]);
  const whole = (x: string) =>
    node("Expand", [node("Unsqueeze", [x, ints([0, 1])]), joined(batch1, ints([1]), steps1, steps1)]);

  function addedMask(): string | undefined {
    switch (options.mask ?? "triangle") {
      case "minimum": {
        const below = node("Less", [counted, node("Add", [column(), file.int(1)])]);
        const causal = whole(node("Where", [below, number(0), square(MINIMUM)]));
        if (!hasMask) return causal;
        const shape = joined(batch1, ints([1]), steps1, steps1);
        const inverted = node("Sub", [number(1), node("Expand", [given(), shape])]);
        const hidden = node("Where", [node("Cast", [inverted], { to: 9 }), number(MINIMUM), inverted]);
        return node("Where", [node("Cast", [hidden], { to: 9 }), number(MINIMUM), causal]);
      }
      case "triangle":
      case "scatter": {
        const upper = node("Trilu", [square(MINIMUM), file.int(1)], { upper: 1 });
        const later = node("Cast", [node("Greater", [counted, column()])], { to: 1 });
        const causal = whole(node("Mul", [upper, later]));
        if (!hasMask) return causal;
        const padded = node("Equal", [node("Add", [causal, given()]), number(0)]);
        const filled = node("Where", [padded, number(MINIMUM), causal]);
        if (options.mask !== "scatter") return filled;
        const range = (end: string) => node("Range", [file.int(0), end, file.int(1)]);
        const places = [batch, file.int(1), steps, steps].map((end, axis) =>
          node("Unsqueeze", [
            node("Expand", [
              node("Reshape", [range(end), ints([0, 1, 2, 3].map((i) => (i === axis ? -1 : 1)))]),
              joined(batch1, ints([1]), steps1, steps1),
            ]),
            ints([-1]),
          ]),
        );
        return node("ScatterND", [causal, node("Concat", places, { axis: -1 }), filled]);
      }
      case "where":
        return hasMask ? node("Mul", [node("Sub", [number(1), given()]), number(MINIMUM)]) : undefined;
      case "infinite": {
        const after = options.spoiled === "mask" ? [file.int(1)] : [];
        const visible = node("Trilu", [node("Cast", [square(1)], { to: 9 }), ...after], { upper: 0 });
        return node("Where", [visible, number(0), number(Number.NEGATIVE_INFINITY)]);
      }
    }
  }
  const added = addedMask();

  const turns = options.positions ?? "slice";
  const isRotary = turns !== "learned";
  const turnedSize = options.turnedSize ?? size;
  const half = turnedSize / 2;
  /** Cosines and sines [batch, steps, size] of the positions. */
  function angles(): readonly [string, string] {
    const frequencies = Array.from({ length: half }, (_, i) => 100 ** (-i / half));
    const columns = node("Unsqueeze", [file.floats("inv_freq", [half], frequencies), ints([0, 2])]);
    const expanded = node("Expand", [columns, joined(lifted(sizeAt(ids, 0)), ints([1]), ints([1]))]);
    const rows = node("Cast", [node("Unsqueeze", [ids, ints([1])])], { to: 1 });
    const turned = node("Transpose", [node("MatMul", [expanded, rows])], { perm: [0, 2, 1] });
    const other = options.spoiled === "halves" ? node("Mul", [turned, number(2)]) : turned;
    const pairs = [turned, other];
    const both =
      turns === "interleaved"
        ? node("Reshape", [
            node(
              "Concat",
              pairs.map((x) => node("Unsqueeze", [x, ints([-1])])),
              { axis: -1 },
            ),
            joined(lifted(sizeAt(ids, 0)), steps1, ints([turnedSize])),
          ])
        : node("Concat", pairs, { axis: -1 });
    return [node("Cos", [both]), node("Sin", [both])];
  }
  const tables = isRotary ? angles() : undefined;
  const headAxis = options.turned === "steps" ? 2 : 1;
  const perHead = (x: string) => node("Unsqueeze", [x, ints([headAxis])]);
  const [cos = "", sin = ""] = (tables ?? []).map(perHead);

  const slice = (x: string, from: number, to: number, axis: number, step = 1) =>
    node("Slice", [x, ints([from]), ints([to]), ints([axis]), ints([step])]);
  const END = 2 ** 31 - 1;
  /** The other of each pair: (-b, a). */
  function turnedPairs(x: string): string {
    const flip = (b: string) => (options.spoiled === "sign" ? b : node("Neg", [b]));
    const axis = options.spoiled === "axis" ? (options.turned === "steps" ? 1 : 2) : -1;
    if (turns === "interleaved") {
      const [a, b] = [slice(x, 0, END, 3, 2), slice(x, 1, END, 3, 2)];
      const pairs = [flip(b), a].map((each) => node("Unsqueeze", [each, ints([-1])]));
      return node("Reshape", [node("Concat", pairs, { axis: -1 }), node("Shape", [x])]);
    }
    if (turns === "split") {
      const [a = "", b = ""] = file.nodes("Split", [x, ints([half, half])], { axis: -1 }, 2);
      return node("Concat", [flip(b), a], { axis: -1 });
    }
    const middle = axis === -1 ? half : (options.steps ?? 0) / 2;
    const [a, b] = [slice(x, 0, middle, axis === -1 ? 3 : axis), slice(x, middle, END, axis === -1 ? 3 : axis)];
    return options.spoiled === "order"
      ? node("Concat", [a, flip(b)], { axis })
      : node("Concat", [flip(b), a], { axis });
  }
  function rotated(all: string, other = false): string {
    if (!isRotary || (other && options.spoiled === "queries")) return all;
    if (turnedSize === size) return turnedBy(all, other);
    return node("Concat", [turnedBy(slice(all, 0, turnedSize, 3), other), slice(all, turnedSize, END, 3)], {
      axis: -1,
    });
  }
  function turnedBy(x: string, other: boolean): string {
    const c = other && options.spoiled === "tables" ? node("Mul", [cos, number(0.5)]) : cos;
    if (turns === "halves") {
      const [a, b] = [slice(x, 0, half, 3), slice(x, half, turnedSize, 3)];
      const [cosine, sine] = [c, sin].map((table) => slice(table, 0, half, 3)) as [string, string];
      const times = (left: string, right: string) => node("Mul", [left, right]);
      const real = node("Sub", [times(a, cosine), times(b, sine)]);
      return node("Concat", [real, node("Add", [times(b, cosine), times(a, sine)])], { axis: -1 });
    }
    return node("Add", [node("Mul", [x, c]), node("Mul", [turnedPairs(x), sin])]);
  }

  const dense = (name: string, x: string, from: number, to: number) => {
    const kernel = weight(`${name}.weight`, [from, to], from ** -0.5);
    const called = `/${name.replaceAll(".", "/")}`;
    if (!options.flat) return node("MatMul", [x, kernel], {}, `${called}/MatMul`);
    const row = node("Reshape", [x, ints([-1, from])]);
    const bias = file.floats(`${name}.bias`, [to], file.around(to, 0));
    return node("Reshape", [
      node("Gemm", [row, kernel, bias], {}, `${called}/Gemm`),
      joined(batch1, steps1, ints([to])),
    ]);
  };
  const norm = (name: string, x: string, columns: number) => {
    const mean = node("ReduceMean", [node("Pow", [x, number(2)]), ints([-1])], { keepdims: 1 });
    const root = node("Sqrt", [node("Add", [mean, number(1e-6)])]);
    const normal = node("Mul", [x, node("Div", [number(1), root])]);
    return node("Mul", [file.floats(`${name}.weight`, [columns], file.around(columns, 1)), normal]);
  };
  const share = heads / kvHeads;
  function repeated(x: string): string {
    if (share === 1) return x;
    const target = joined(batch1, ints([heads]), steps1, ints([size]));
    if (options.spoiled === "whole") return node("Tile", [x, ints([1, share, 1, 1])]);
    if (options.repeat === "gather") {
      const places = ints(Array.from({ length: heads }, (_, i) => Math.floor(i / share)));
      return node("Gather", [x, places], { axis: 1 });
    }
    const five = node("Unsqueeze", [x, ints([2])]);
    if (options.repeat === "tile") return node("Reshape", [node("Tile", [five, ints([1, 1, share, 1, 1])]), target]);
    if (options.repeat === "concat")
      return node("Reshape", [node("Concat", new Array<string>(share).fill(five), { axis: 2 }), target]);
    const wanted = joined(batch1, ints([kvHeads]), ints([share]), steps1, ints([size]));
    const ones = node("ConstantOfShape", [node("Shape", [wanted])], { value: { dataType: 7, dims: [1], values: [1] } });
    const open = node("Equal", [wanted, node("Mul", [ones, ints([-1])])]);
    return node("Reshape", [node("Expand", [five, node("Where", [open, ones, wanted])]), target]);
  }

  let x = typed;
  if (turns === "learned")
    x = node("Add", [x, node("Gather", [weight("model.wpe.weight", [64, width]), ids], { axis: 0 })]);
  const presents: string[] = [];
  for (let layer = 0; layer < layers; layer++) {
    const name = `model.layers.${layer}`;
    const input = norm(`${name}.input_layernorm`, x, width);
    const part = (of: string, count: number) => {
      const split = node("Reshape", [
        dense(`${name}.self_attn.${of}_proj`, input, width, count * size),
        joined(batch1, steps1, ints([count]), ints([size])),
      ]);
      const normal = options.headNorm && of !== "v" ? norm(`${name}.self_attn.${of}_norm`, split, size) : split;
      const isTurned = of !== "v";
      if (options.turned === "steps") {
        return node("Transpose", [isTurned ? rotated(normal, of === "k") : normal], { perm: [0, 2, 1, 3] });
      }
      const moved = node("Transpose", [normal], { perm: [0, 2, 1, 3] });
      return isTurned ? rotated(moved, of === "k") : moved;
    };
    const [q, k, v] = [part("q", heads), part("k", kvHeads), part("v", kvHeads)];
    presents.push(k, v);
    const [keys, values] = [repeated(k), repeated(v)];
    const turned = node("Transpose", [keys], { perm: [0, 1, 3, 2] });
    const scale = Math.sqrt(size);
    const isDirect = options.mask === "infinite";
    const root = number(Math.sqrt(1 / scale));
    const products = isDirect
      ? node("MatMul", [node("Mul", [q, root]), node("Mul", [turned, root])])
      : node("Div", [node("MatMul", [q, turned]), number(scale)]);
    let scores = products;
    if (options.mask === "where") {
      const truths = file.truths("model.bias", 64);
      const cut = node("Slice", [truths, ints([0, 0]), joined(steps1, steps1), ints([2, 3])]);
      scores = node("Where", [cut, scores, number(MINIMUM)]);
    }
    if (added) scores = node("Add", [scores, added]);
    let shares = node("Softmax", [scores], { axis: -1 });
    if (isDirect) shares = node("Where", [node("IsNaN", [shares]), number(0), shares]);
    const seen = node("Transpose", [node("MatMul", [shares, values])], { perm: [0, 2, 1, 3] });
    const flat = node("Reshape", [seen, joined(batch1, steps1, ints([-1]))]);
    x = node("Add", [x, dense(`${name}.self_attn.o_proj`, flat, width, width)]);
    const inside = norm(`${name}.post_attention_layernorm`, x, width);
    const gate = dense(`${name}.mlp.gate_proj`, inside, width, 2 * width);
    const open = node("Mul", [gate, node("Sigmoid", [gate])]);
    const gated = node("Mul", [open, dense(`${name}.mlp.up_proj`, inside, width, 2 * width)]);
    x = node("Add", [x, dense(`${name}.mlp.down_proj`, gated, 2 * width, width)]);
  }
  // Which steps get logits: those from the first on.
  const kept = slice(norm("model.norm", x, width), 0, END, 1);
  file.output("logits", dense("lm_head", kept, width, vocabulary), 3);
  if (options.caches) {
    for (const [i, present] of presents.entries())
      file.output(`present.${Math.floor(i / 2)}.${i % 2 === 0 ? "key" : "value"}`, present, 4);
  }
  const sizes = options.steps === null ? ["batch_size", "sequence_length"] : [1, options.steps];
  for (const name of ["input_ids", ...inputs]) {
    const isPast = name.startsWith("past");
    file.input(name, isPast ? 1 : 7, isPast ? ["batch_size", kvHeads, "past", size] : sizes);
  }
  return file.bytes();
}
