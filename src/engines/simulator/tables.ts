import { given, numberOf, type TensorInputs } from "../../ir/operators/define.js";
import { concatenated } from "../../ir/operators/joining.js";
import { type DType, type Tensor, tensor, zeros } from "../../tensor/tensor.js";
import { combinePairs, planPairs } from "./broadcast.js";
import { isKnown, type NodeContext, type PrepareNode, type RunNode } from "./node.js";

/**
 * Operators on 8-bit codes whose scales are known: the operator itself is asked once for every code, or every pair of codes,
 * and the answers are looked up from then on.
 */

const CODES = 256;

/** All codes of an 8-bit type, in the order of their bytes: 0..255, or 0..127 and -128..-1. */
function allCodes(dtype: DType, shape: readonly number[]): Tensor {
  const bytes = Uint8Array.from({ length: CODES }, (_, i) => i);
  return tensor(dtype, shape, dtype === "int8" ? new Int8Array(bytes.buffer) : bytes);
}

/** The answers of a node when some of its inputs are replaced; made when they are first needed. */
function tableOf(plain: RunNode): (inputs: TensorInputs, replaced: ReadonlyMap<number, Tensor>) => Uint8Array {
  let table: Uint8Array | undefined;
  return (inputs, replaced) => {
    if (!table) {
      const [y] = plain(inputs.map((input, i) => replaced.get(i) ?? input));
      if (!y) throw new Error("simulator: a table has no answers");
      table = new Uint8Array(y.data.buffer, y.data.byteOffset, y.data.length);
    }
    return table;
  };
}

/** Bytes of codes, signed or not. */
const bytesOf = ({ data }: Tensor) => new Uint8Array(data.buffer, data.byteOffset, data.length);

const allKnown = (context: NodeContext, operands: readonly number[]) =>
  context.types.every((_, i) => operands.includes(i) || isKnown(context, i));

/** One operand of codes, the first input. */
export const codeUnary: PrepareNode = (context) => {
  if (!allKnown(context, [0])) return undefined;
  const table = tableOf(context.plain);
  return (inputs) => {
    const x = given(inputs, 0, "X");
    const answers = table(inputs, new Map([[0, allCodes(x.dtype, [CODES])]]));
    const y: Tensor = zeros(x.dtype, x.shape);
    const [from, to] = [bytesOf(x), bytesOf(y)];
    for (let i = 0; i < to.length; i++) to[i] = answers[from[i] as number] as number;
    return [y];
  };
};

/** Two operands of codes, inputs 0 and 3. */
export const codeBinary: PrepareNode = (context) => {
  if (!allKnown(context, [0, 3])) return undefined;
  const table = tableOf(context.plain);
  const plan = planPairs();
  return (inputs) => {
    const [a, b] = [given(inputs, 0, "A"), given(inputs, 3, "B")];
    const pairs = new Map([
      [0, allCodes(a.dtype, [CODES, 1])],
      [3, allCodes(a.dtype, [1, CODES])],
    ]);
    const answers = table(inputs, pairs);
    const meeting = plan(a.shape, b.shape);
    const y: Tensor = zeros(a.dtype, meeting.shape);
    combinePairs(bytesOf(y), meeting, bytesOf(a), bytesOf(b), (x, z) => answers[x * CODES + z] as number);
    return [y];
  };
};

/** Parts of codes from input 2 on, each with scale and zero point behind it. */
export const codeConcat: PrepareNode = (context) => {
  const { attributes, plain, types } = context;
  const starts = Array.from({ length: (types.length - 2) / 3 }, (_, i) => 2 + 3 * i);
  if (!allKnown(context, starts)) return undefined;
  const tables = starts.map((start) =>
    tableOf((inputs) => plain([...inputs.slice(0, 2), ...inputs.slice(start, start + 3)])),
  );
  return (inputs) => {
    const rank = given(inputs, 2, "X").shape.length;
    const one = new Array<number>(rank).fill(1);
    const parts = starts.map((start, i) => {
      const x = given(inputs, start, "X");
      const along = allCodes(x.dtype, [...one.slice(1), CODES]);
      const answers = tables[i]?.(inputs, new Map([[start, along]])) ?? new Uint8Array(CODES);
      const y: Tensor = zeros(x.dtype, x.shape);
      const [from, to] = [bytesOf(x), bytesOf(y)];
      for (let j = 0; j < to.length; j++) to[j] = answers[from[j] as number] as number;
      return y;
    });
    return [concatenated(parts, numberOf(attributes, "axis"))];
  };
};
