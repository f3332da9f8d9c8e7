import { convolutionSizes } from "../../ir/operators/convolution.js";
import type { Attributes } from "../../ir/operators/define.js";
import { threeAxes, type WindowAxis } from "../../ir/operators/window.js";
import type { NodeContext } from "./node.js";
import { type Columns, type Elements, multiply, storedRun, wholeTiles, writeOffsets } from "./products.js";

/** Positions that are computed at once at least, as far as the batch has them: small planes share their tiles. */
const POSITIONS = 64;

/**
 * A convolution as a product: a row for each output position, a column for each filter. Rows are not laid out one by one:
 * the image is, padded and with its channels last, and each line of a window is a run of neighbouring elements in it.
 */
export interface Convolution {
  readonly batch: number;
  readonly groups: number;
  /** Of one group. */
  readonly channels: number;
  readonly filters: number;
  /** Output positions of one sample. */
  readonly positions: number;
  readonly shape: readonly number[];
  readonly axes: readonly [WindowAxis, WindowAxis, WindowAxis];
  /** Sizes of the padded image: z, y, x. */
  readonly padded: readonly [number, number, number];
  /** Elements of the padded image of one group. */
  readonly image: number;
  /** Where the runs of a window begin, in elements from its first one, and how long they are. */
  readonly runs: Int32Array;
  readonly runLength: number;
  /** Offsets of one filter's weights [channels, ...kernel] in the order of the runs. */
  readonly order: Int32Array;
}

/** @param x shape [batch, channels, ...]; @param w shape [filters, channels / group, ...kernel] */
export function convolutionOf(x: readonly number[], w: readonly number[], attributes: Attributes): Convolution {
  const sizes = convolutionSizes({ shape: x }, { shape: w }, attributes);
  const { batch, group: groups, inChannels, outChannels } = sizes;
  const axes = threeAxes(sizes.axes);
  const channels = inChannels / groups;
  const padded = axes.map(paddedSize) as [number, number, number];
  return {
    batch,
    groups,
    channels,
    filters: outChannels / groups,
    positions: axes.reduce((count, axis) => count * axis.output, 1),
    shape: [batch, outChannels, ...sizes.axes.map((axis) => axis.output)],
    axes,
    padded,
    image: padded.reduce((count, size) => count * size, channels),
    ...windowRuns(axes, padded, channels),
  };
}

/** The input with its padding, as far as windows reach. */
function paddedSize({ input, output, kernel, stride, dilation, padBegin }: WindowAxis): number {
  return Math.max(padBegin + input, (output - 1) * stride + (kernel - 1) * dilation + 1);
}

/** Without dilation a run is a line of the window, x and channels; with dilation it is the channels of one tap. */
function windowRuns(
  [az, ay, ax]: Convolution["axes"],
  [, height, width]: Convolution["padded"],
  channels: number,
): Pick<Convolution, "runs" | "runLength" | "order"> {
  const taps = az.kernel * ay.kernel * ax.kernel;
  const perRun = ax.dilation === 1 ? ax.kernel : 1;
  const runs: number[] = [];
  const order: number[] = [];
  for (let kz = 0, tap = 0; kz < az.kernel; kz++) {
    for (let ky = 0; ky < ay.kernel; ky++) {
      for (let kx = 0; kx < ax.kernel; kx++, tap++) {
        if (kx % perRun === 0) {
          runs.push(((kz * az.dilation * height + ky * ay.dilation) * width + kx * ax.dilation) * channels);
        }
        for (let c = 0; c < channels; c++) order.push(c * taps + tap);
      }
    }
  }
  return { runs: Int32Array.from(runs), runLength: perRun * channels, order: Int32Array.from(order) };
}

/** An image that holds `samples` of the batch, and behind it what rows that stand for nothing read: zeros. */
export interface Image {
  readonly elements: Elements;
  readonly address: number;
  readonly samples: number;
  readonly zeros: number;
  readonly length: number;
}

const bytesOf = (elements: Elements) => (elements === "i16" ? 2 : 4);

/** Takes scratch for an image. Padding holds `fill`: 0, or the zero point where codes keep theirs. */
export function takeImage({ memory }: NodeContext, convolution: Convolution, elements: Elements, fill: number): Image {
  const { batch, positions, image, runs, runLength } = convolution;
  const samples = Math.min(batch, Math.ceil(POSITIONS / positions));
  const zeros = samples * image + 4;
  const length = zeros + (runs.at(-1) ?? 0) + storedRun(elements, runLength);
  const address = memory.scratch(length * bytesOf(elements));
  const to = elements === "i16" ? memory.i16(address, length) : memory.f32(address, length);
  to.fill(fill, 0, zeros);
  to.fill(0, zeros);
  return { elements, address, samples, zeros, length };
}

/** Lays the channels of one group of one sample out in the image at `slot`. */
export function fillImage(
  { memory }: NodeContext,
  { channels, groups, axes: [az, ay, ax], padded: [, height, width], image: size }: Convolution,
  image: Image,
  x: ArrayLike<number>,
  {
    sample,
    group,
    slot,
    point,
  }: { readonly sample: number; readonly group: number; readonly slot: number; readonly point: number },
): void {
  const { elements, address, length } = image;
  const to = elements === "i16" ? memory.i16(address, length) : memory.f32(address, length);
  const line = ax.input;
  let from = (sample * groups + group) * channels * az.input * ay.input * line;
  const first = slot * size + ((az.padBegin * height + ay.padBegin) * width + ax.padBegin) * channels;
  for (let c = 0; c < channels; c++) {
    for (let z = 0; z < az.input; z++) {
      for (let y = 0; y < ay.input; y++) {
        let at = first + (z * height + y) * width * channels + c;
        for (const end = from + line; from < end; from++, at += channels) to[at] = (x[from] as number) - point;
      }
    }
  }
}

/** Sums of an image's positions, [samples * positions, width], in scratch memory. */
export function multiplyImage(
  context: Pick<NodeContext, "memory" | "pairSums" | "saturated">,
  convolution: Convolution,
  image: Image,
  samples: number,
  columns: Columns,
  start: number,
): number {
  const { memory } = context;
  const bytes = bytesOf(image.elements);
  const table = positionTable(convolution, image, samples);
  if (columns.runs < convolution.runs.length)
    return multiplyPatches(context, convolution, image, table, columns, start);
  const offsets = writeOffsets(memory, memory.scratch, table, bytes);
  const segments = writeOffsets(memory, memory.scratch, convolution.runs, bytes);
  return multiply(context, { address: image.address, offsets, tiles: table.length / 4, segments }, columns, start);
}

/** Where the window of each output position begins in the image, in elements; whole tiles, filled up with rows of zeros. */
function positionTable(
  { axes, padded, channels, positions, image: size }: Convolution,
  image: Image,
  samples: number,
): Int32Array {
  const table = new Int32Array(wholeTiles(samples * positions)).fill(image.zeros);
  let row = 0;
  for (let sample = 0; sample < samples; sample++) {
    for (let z = 0; z < axes[0].output; z++) {
      for (let y = 0; y < axes[1].output; y++) {
        const line = (z * axes[0].stride * padded[1] + y * axes[1].stride) * padded[2];
        for (let x = 0; x < axes[2].output; x++) table[row++] = sample * size + (line + x * axes[2].stride) * channels;
      }
    }
  }
  return table;
}

/**
 * The same with every window copied out of the image: where the order of neighbours matters and runs of odd length would
 * put a pair together that the engine does not.
 */
function multiplyPatches(
  context: Pick<NodeContext, "memory" | "pairSums" | "saturated">,
  { runs, runLength }: Convolution,
  image: Image,
  table: Int32Array,
  columns: Columns,
  start: number,
): number {
  const { memory } = context;
  const stride = columns.runLength;
  const offsets = writeOffsets(
    memory,
    memory.scratch,
    table.map((_, row) => row * stride),
    2,
  );
  const segments = writeOffsets(memory, memory.scratch, [0], 2);
  const address = memory.scratch(2 * table.length * stride);
  const from = memory.i16(image.address, image.length);
  const to = memory.i16(address, table.length * stride).fill(0);
  for (const [row, first] of table.entries()) {
    for (const [run, offset] of runs.entries()) {
      to.set(from.subarray(first + offset, first + offset + runLength), row * stride + run * runLength);
    }
  }
  return multiply(context, { address, offsets, tiles: table.length / 4, segments }, columns, start);
}

/** Where a sample's results of one group go: planes of y from `start` on. */
export interface Planes {
  readonly count: number;
  readonly positions: number;
  readonly start: number;
}

/** Turns rows [positions, width], from row `first` on, to planes [count, positions]. */
export function copyPlanes(
  from: ArrayLike<number>,
  first: number,
  width: number,
  to: { [index: number]: number },
  { count, positions, start }: Planes,
): void {
  for (let c = 0; c < count; c++) {
    let at = first * width + c;
    const out = start + c * positions;
    for (let p = 0; p < positions; p++, at += width) to[out + p] = from[at] as number;
  }
}
