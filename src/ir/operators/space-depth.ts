import { reshaped, transposed } from "../../tensor/layout.js";
import { divideDims, multiplyDims, showShape } from "../dim.js";
import type { Dim } from "../graph.js";
import {
  defineOperator,
  expectRank,
  given,
  int,
  type KnownInputs,
  numberOf,
  required,
  text,
  textOf,
} from "./define.js";
import { type Operator, OperatorError } from "./operator.js";

/** Blocks of an image [N, C, H, W] moved into its channels, and back. */

function fourSizes(inputs: KnownInputs): [Dim, Dim, Dim, Dim] {
  const { type } = given(inputs, 0, "input");
  expectRank(type, 4, "input");
  return type.shape as unknown as [Dim, Dim, Dim, Dim];
}

function quotient(dim: Dim, by: number, shape: readonly Dim[]): Dim {
  const result = by >= 1 ? divideDims(dim, by) : undefined;
  if (result === undefined) throw new OperatorError(`${showShape(shape)} does not divide into blocks of ${by}`);
  return result;
}

const modes = ["DCR", "CRD"] as const;

/** [N, C, H, W] to [N, C/b^2, H*b, W*b]; channels count blocks first (DCR) or last (CRD). */
const depthToSpace = defineOperator({
  opType: "DepthToSpace",
  attributes: { blocksize: required(int()), mode: text("DCR") },
  infer(inputs, attributes) {
    const [n, c, h, w] = fourSizes(inputs);
    const block = numberOf(attributes, "blocksize");
    textOf(attributes, "mode", modes);
    const channels = quotient(c, block * block, [n, c, h, w]);
    const { dtype } = given(inputs, 0, "input").type;
    return [{ dtype, shape: [n, channels, multiplyDims([h, block]), multiplyDims([w, block])] }];
  },
  evaluate(inputs, attributes) {
    const x = given(inputs, 0, "input");
    const [n = 0, c = 0, h = 0, w = 0] = x.shape;
    const b = numberOf(attributes, "blocksize");
    const channels = c / (b * b);
    const moved =
      textOf(attributes, "mode", modes) === "DCR"
        ? transposed(reshaped(x, [n, b, b, channels, h, w]), [0, 3, 4, 1, 5, 2])
        : transposed(reshaped(x, [n, channels, b, b, h, w]), [0, 1, 4, 2, 5, 3]);
    return [reshaped(moved, [n, channels, h * b, w * b])];
  },
});

/** [N, C, H, W] to [N, C*b^2, H/b, W/b]; channels count blocks first. */
const spaceToDepth = defineOperator({
  opType: "SpaceToDepth",
  attributes: { blocksize: required(int()) },
  infer(inputs, attributes) {
    const [n, c, h, w] = fourSizes(inputs);
    const block = numberOf(attributes, "blocksize");
    const rows = quotient(h, block, [n, c, h, w]);
    const columns = quotient(w, block, [n, c, h, w]);
    const { dtype } = given(inputs, 0, "input").type;
    return [{ dtype, shape: [n, multiplyDims([c, block * block]), rows, columns] }];
  },
  evaluate(inputs, attributes) {
    const x = given(inputs, 0, "input");
    const [n = 0, c = 0, h = 0, w = 0] = x.shape;
    const b = numberOf(attributes, "blocksize");
    const moved = transposed(reshaped(x, [n, c, h / b, b, w / b, b]), [0, 3, 5, 1, 2, 4]);
    return [reshaped(moved, [n, c * b * b, h / b, w / b])];
  },
});

export const spaceDepth: readonly Operator[] = [depthToSpace, spaceToDepth];
