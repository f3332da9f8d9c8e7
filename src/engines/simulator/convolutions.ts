import { float32Of, given, type TensorInputs } from "../../ir/operators/define.js";
import { scaleOf, scalesOf, zeroPointOf } from "../../ir/operators/quantized.js";
import { integerLimits, requantizeMultiplier } from "../../tensor/affine.js";
import type { QuantDType } from "../../tensor/quant.js";
import { type Tensor, zeros } from "../../tensor/tensor.js";
import { ROUNDER } from "./codes.js";
import { type Convolution, convolutionOf, copyPlanes, fillImage, multiplyImage, takeImage } from "./convolution.js";
import { forEachPlane, isDepthwise, type PlanarOperands } from "./depthwise.js";
import { type Requantization, requantize } from "./finish.js";
import { pairsSaturate, rawPoint, startOfColumns } from "./integer-matrices.js";
import { isKnown, type NodeContext, type PrepareNode } from "./node.js";
import { type ColumnSource, type Columns, columnSums, type Elements, packColumns, startSums } from "./products.js";

/** Convolutions of codes and of floats. Weights that are not known at load run as the operator. */

/** The filters of one group. */
interface Filters {
  readonly columns: Columns;
  readonly sums: Int32Array;
}

/** Where the operands of a convolution lie among its inputs. */
interface Operands {
  readonly x: number;
  readonly w: number;
  readonly wPoint?: number;
  readonly bias: number;
}

/** Packs the filters of each group, none where every group has one channel; undefined where they are not known. */
function packFilters(context: NodeContext, elements: Elements, operands: Operands): readonly Filters[] | undefined {
  const { memory, attributes, constants, types } = context;
  const w = constants[operands.w];
  const x = types[operands.x]?.shape.map((size) => (typeof size === "number" ? size : 1));
  if (!w || !x || w.data.length === 0 || (operands.wPoint !== undefined && !isKnown(context, operands.wPoint))) {
    return undefined;
  }
  const convolution = convolutionOf(x, w.shape, attributes);
  if (isDepthwise(convolution)) return [];
  const { groups, filters, order, runs } = convolution;
  const points = operands.wPoint === undefined ? undefined : constants[operands.wPoint]?.data;
  return Array.from({ length: groups }, (_, group): Filters => {
    const of = points && points.length > 1 ? points.subarray(group * filters, (group + 1) * filters) : points;
    const start = group * filters * order.length;
    const source: ColumnSource = {
      data: w.data as Float32Array,
      start,
      columnStride: order.length,
      order,
      points: of as Uint8Array | undefined,
    };
    // Pairs of neighbours are the engine's only when a window's runs lie end to end.
    const whole = context.pairSums === "int16" && convolution.runLength % 2 === 1;
    const shape = { count: filters, runs: whole ? 1 : runs.length };
    const columns = packColumns(memory, memory.keep, elements, shape, source);
    return { columns, sums: elements === "i16" ? columnSums(shape, source) : new Int32Array(0) };
  });
}

/** Stores the sums of the positions of some samples, of one group, as rows [positions, width]. */
type StorePositions = (sums: number, rows: number, width: number, target: Target) => void;

/** Which planes of y rows become: those of one group, in samples from the first one. */
interface Target {
  readonly convolution: Convolution;
  readonly group: number;
  readonly firstSample: number;
  readonly samples: number;
}

/** The rows of a convolution: elements, what is subtracted from each, and what padding holds after that. */
interface ImageSource {
  readonly x: ArrayLike<number>;
  readonly point: number;
  readonly fill: number;
}

/** Runs the groups of a convolution over its batch. */
function convolve(
  context: NodeContext,
  convolution: Convolution,
  filters: readonly Filters[],
  { x, point, fill }: ImageSource,
  begin: (filters: Filters, group: number) => ArrayLike<number> | undefined,
  store: StorePositions,
): void {
  const { memory } = context;
  const { batch, positions } = convolution;
  for (const [group, own] of filters.entries()) {
    const before = memory.mark();
    const { elements, width } = own.columns;
    const start = startSums(memory, elements, width, begin(own, group));
    const image = takeImage(context, convolution, elements, fill);
    const mark = memory.mark();
    for (let first = 0; first < batch; first += image.samples) {
      const samples = Math.min(image.samples, batch - first);
      for (let slot = 0; slot < samples; slot++) {
        fillImage(context, convolution, image, x, { sample: first + slot, group, slot, point });
      }
      const sums = multiplyImage(context, convolution, image, samples, own.columns, start);
      store(sums, samples * positions, width, { convolution, group, firstSample: first, samples });
      memory.release(mark);
    }
    memory.release(before);
  }
}

/** Copies rows of every sample to the planes of their group. */
function copySamples(
  from: ArrayLike<number>,
  width: number,
  y: { [index: number]: number },
  { convolution, group, firstSample, samples }: Target,
): void {
  const { groups, filters, positions } = convolution;
  for (let sample = 0; sample < samples; sample++) {
    const start = ((firstSample + sample) * groups + group) * filters * positions;
    copyPlanes(from, sample * positions, width, y, { count: filters, positions, start });
  }
}

/** Runs a convolution of codes; `store` gets its int32 sums. */
function convolveCodes(
  context: NodeContext,
  filters: readonly Filters[],
  inputs: TensorInputs,
  operands: Operands & { readonly xPoint: number },
  convolution: Convolution,
  store: StorePositions,
): void {
  const x = given(inputs, operands.x, "x");
  const zeroPoint = zeroPointOf(inputs, operands.xPoint);
  const saturates = pairsSaturate(context, given(inputs, operands.w, "w"), inputs, operands.wPoint);
  const point = saturates ? rawPoint(x) : zeroPoint;
  const bias = inputs[operands.bias]?.data as Int32Array | undefined;
  const count = convolution.filters;
  convolve(
    saturates ? context : { ...context, pairSums: "int32" },
    convolution,
    filters,
    { x: x.data as Uint8Array, point, fill: zeroPoint - point },
    ({ sums }, group) =>
      startOfColumns(count, bias?.subarray(group * count, (group + 1) * count), sums, zeroPoint - point),
    store,
  );
}

/** The operands of a depthwise convolution of codes. */
function planarCodes(inputs: TensorInputs, operands: Operands & { readonly xPoint: number }): PlanarOperands {
  return {
    x: given(inputs, operands.x, "x").data as Uint8Array,
    xPoint: zeroPointOf(inputs, operands.xPoint),
    w: given(inputs, operands.w, "w").data as Uint8Array,
    wPoints: operands.wPoint === undefined ? undefined : (inputs[operands.wPoint]?.data as Uint8Array | undefined),
    bias: inputs[operands.bias]?.data as Int32Array | undefined,
  };
}

/** Codes of the planes of a depthwise convolution: `requantize` of `finish.ts`, a plane at a time. */
function requantizePlanes(
  convolution: Convolution,
  operands: PlanarOperands,
  { multiplier, zeroPoint, dtype }: Requantization,
  y: Tensor,
): void {
  const { min, max } = integerLimits(dtype as QuantDType);
  const [low, high] = [min - zeroPoint, max - zeroPoint];
  const sums = new Int32Array(convolution.positions);
  const to = y.data as Uint8Array;
  forEachPlane(convolution, operands, sums, (channel, start) => {
    const factor = multiplier[multiplier.length === 1 ? 0 : channel] as number;
    for (let i = 0; i < sums.length; i++) {
      const scaled = Math.fround(Math.fround(sums[i] as number) * factor);
      const inside = scaled > low ? (scaled < high ? scaled : high) : low;
      to[start + i] = inside + ROUNDER - ROUNDER + zeroPoint;
    }
  });
}

const sizesOf = (inputs: TensorInputs, { x, w }: Operands, { attributes }: NodeContext) =>
  convolutionOf(given(inputs, x, "x").shape, given(inputs, w, "w").shape, attributes);

const isEmpty = ({ shape }: Convolution) => shape.includes(0);

export const qLinearConv: PrepareNode = (context) => {
  const operands = { x: 0, xPoint: 2, w: 3, wPoint: 5, bias: 8 };
  const filters = packFilters(context, "i16", operands);
  if (!filters) return undefined;
  const { memory } = context;
  return (inputs) => {
    const convolution = sizesOf(inputs, operands, context);
    if (isEmpty(convolution)) return context.plain(inputs);
    const [xScale, yScale] = [scaleOf(inputs, 1, "x_scale"), scaleOf(inputs, 6, "y_scale")];
    const multiplier = scalesOf(inputs, 4, "w_scale").map((scale) => requantizeMultiplier(xScale, scale, yScale));
    const zeroPoint = given(inputs, 7, "y_zero_point");
    const { dtype } = zeroPoint;
    const y: Tensor = zeros(dtype, convolution.shape);
    // Signed codes are the same bytes.
    const bytesOfY = new Uint8Array(y.data.buffer, y.data.byteOffset, y.data.length);
    if (isDepthwise(convolution)) {
      requantizePlanes(
        convolution,
        planarCodes(inputs, operands),
        { multiplier, zeroPoint: Number(zeroPoint.data[0]), dtype },
        y,
      );
      return [y];
    }
    convolveCodes(context, filters, inputs, operands, convolution, (sums, rows, width, target) => {
      const count = convolution.filters;
      const own = multiplier.length === 1 ? multiplier : multiplier.subarray(target.group * count);
      const requantization = { multiplier: own.subarray(0, count), zeroPoint: Number(zeroPoint.data[0]), dtype };
      const whole = Math.ceil(rows / 4) * 4;
      const address = requantize(memory, sums, { rows: whole, width }, requantization);
      copySamples(memory.u8(address, rows * width), width, bytesOfY, target);
    });
    return [y];
  };
};

/** The engine multiplies weights by patches here, not patches by weights, and has no kernel of 16 bits for that order. */
export const convInteger: PrepareNode = (anyContext) => {
  const context: NodeContext = { ...anyContext, pairSums: "int32" };
  const operands = { x: 0, xPoint: 2, w: 1, wPoint: 3, bias: -1 };
  const filters = packFilters(context, "i16", operands);
  if (!filters) return undefined;
  return (inputs) => {
    const convolution = sizesOf(inputs, operands, context);
    if (isEmpty(convolution)) return context.plain(inputs);
    const y = zeros("int32", convolution.shape);
    if (isDepthwise(convolution)) {
      const sums = new Int32Array(convolution.positions);
      forEachPlane(convolution, planarCodes(inputs, operands), sums, (_, start) => y.data.set(sums, start));
      return [y];
    }
    convolveCodes(context, filters, inputs, operands, convolution, (sums, rows, width, target) => {
      copySamples(context.memory.i32(sums, rows * width), width, y.data, target);
    });
    return [y];
  };
};

/** Sums and products are rounded to float32 one by one, in the order of the window: lines, columns, channels. */
export const conv: PrepareNode = (context) => {
  const operands = { x: 0, w: 1, bias: 2 };
  const filters = packFilters(context, "f32", operands);
  if (!filters) return undefined;
  return (inputs) => {
    const convolution = sizesOf(inputs, operands, context);
    if (isEmpty(convolution)) return context.plain(inputs);
    const bias = inputs[2] && float32Of(inputs[2]);
    const count = convolution.filters;
    const y = zeros("float32", convolution.shape);
    if (isDepthwise(convolution)) {
      const sums = new Float64Array(convolution.positions);
      const operands = {
        x: float32Of(given(inputs, 0, "X")),
        xPoint: 0,
        w: float32Of(given(inputs, 1, "W")),
        wPoints: undefined,
        bias,
      };
      forEachPlane(convolution, operands, sums, (_, start) => y.data.set(sums, start));
      return [y];
    }
    const source = { x: float32Of(given(inputs, 0, "X")), point: 0, fill: 0 };
    const begin = (_: Filters, group: number) => bias?.subarray(group * count, (group + 1) * count);
    convolve(context, convolution, filters, source, begin, (sums, rows, width, target) => {
      copySamples(context.memory.f32(sums, rows * width), width, y.data, target);
    });
    return [y];
  };
};
