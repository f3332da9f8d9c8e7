import { fail } from "../../base/diagnostic.js";
import { type ContentHash, hashJson } from "../../base/hash.js";
import type { OptionSpec } from "../../base/option.js";
import { elementCount } from "../../tensor/tensor.js";
import { arraySampleShape, arraySamples, decodeElements, type ElementType, type NumberArray } from "../array.js";
import { assemble, labelSummary, sizesOf } from "../assemble.js";
import { pathOf, readBytes, readHead, siblingOf } from "../files.js";
import { classes, shape, task, valueOptions } from "../options.js";
import type { DataReader } from "../reader.js";
import { settingsOf } from "../settings.js";

const options: readonly OptionSpec[] = [
  {
    name: "label",
    type: { kind: "string" },
    summary: 'file of the labels, in the folder of the samples or below, e.g. "train-labels-idx1-ubyte.gz"',
    sweeps: false,
  },
  task,
  classes,
  shape,
  ...valueOptions,
];

/** Third byte of the magic number (LeCun, THE MNIST DATABASE, "FILE FORMATS"). */
const elementTypes: Readonly<Record<number, ElementType>> = {
  8: { kind: "uint", bytes: 1 },
  9: { kind: "int", bytes: 1 },
  11: { kind: "int", bytes: 2 },
  12: { kind: "int", bytes: 4 },
  13: { kind: "float", bytes: 4 },
  14: { kind: "float", bytes: 8 },
};

/** Most axes that are read; MNIST has 3. */
const mostAxes = 8;

export const idx: DataReader = {
  name: "idx",
  summary: "IDX, the format of MNIST; also gzipped",
  source: "file",
  options,
  async summarize(ref) {
    const settings = settingsOf(ref, options);
    const path = pathOf(ref);
    const { shape: sizes } = parseHeader(await readHead(path, 4 + 4 * mostAxes), path);
    const label = settings.text("label");
    const moreFiles = label === undefined ? [] : [await siblingOf(path, label)];
    const inputShapes = [arraySampleShape(sizes, path, settings)];
    return { ...sizesOf(sizes[0] ?? 0, settings), inputShapes, moreFiles, labels: labelSummary(settings) };
  },
  async open(ref) {
    const settings = settingsOf(ref, options);
    const path = pathOf(ref);
    const label = settings.text("label");
    const samples = await readIdx(path);
    const labels = label === undefined ? undefined : await readIdx(await siblingOf(path, label));
    const hash = labels ? hashJson([samples.hash, labels.hash]) : samples.hash;
    return assemble(ref, settings, arraySamples([samples], labels, settings, hash));
  },
};

async function readIdx(path: string): Promise<NumberArray & { readonly hash: ContentHash }> {
  const { bytes, hash } = await readBytes(path);
  const { type, shape: sizes, start } = parseHeader(bytes, path);
  const expectedBytes = start + elementCount(sizes) * type.bytes;
  const actualBytes = bytes.length;
  if (actualBytes < expectedBytes) {
    fail("data-truncated", { path, expectedBytes, actualBytes, what: `shape [${sizes.join(", ")}]` });
  }
  if (actualBytes > expectedBytes) fail("data-trailing-bytes", { path, expectedBytes, actualBytes });
  return { path, shape: sizes, values: decodeElements(bytes.subarray(start), type, false), hash };
}

/** Two zero bytes, element type, number of axes, then each size as a big-endian 32-bit number. */
function parseHeader(
  bytes: Uint8Array,
  path: string,
): { readonly type: ElementType; readonly shape: readonly number[]; readonly start: number } {
  if (bytes.length === 0) fail("data-empty", { path, what: "bytes" });
  const axes = bytes[3] ?? 0;
  const start = 4 + 4 * axes;
  const type = elementTypes[bytes[2] ?? 0];
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0 || !type || axes === 0 || axes > mostAxes) {
    const magic = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    fail("data-corrupt", {
      path,
      format: "IDX",
      reason: `its first bytes are ${magic}; MNIST images begin 00 00 08 03`,
    });
  }
  if (bytes.length < start) {
    fail("data-truncated", { path, expectedBytes: start, actualBytes: bytes.length, what: "the header" });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { type, shape: Array.from({ length: axes }, (_, i) => view.getUint32(4 + 4 * i)), start };
}
