import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { fail } from "../../base/diagnostic.js";
import {
  type GraphMessage,
  type ModelMessage,
  type OpsetMessage,
  type TensorMessage,
  toNumber,
} from "../../onnx-proto/decoded.js";
import { MAX_BYTES, ModelProto } from "../../onnx-proto/messages.js";
import { checkWire, WireError } from "../../onnx-proto/wire.js";
import type { Tensor } from "../../tensor/tensor.js";
import { functionOf, graphOf, versionsOf } from "./convert.js";
import { externalOf, readExternal } from "./external.js";
import { type FunctionSpec, functionKey, type OnnxModel, standardDomain } from "./model.js";
import { isNarrowed, layoutOf, nameOfType, toTensor } from "./tensors.js";

/** Operator sets of ONNX's own domain that are read. */
const LEAST_OPSET = 7;
const MOST_OPSET = 26;

/** IR version 14 came with onnx 1.23. */
const MOST_IR_VERSION = 14;

/** Most bytes of all weights together: what one file that the engine is given holds. */
const MAX_WEIGHT_BYTES = MAX_BYTES;

/**
 * Reads and checks an ONNX file with its external data.
 * @throws {DiagnosticError} when a file is missing, damaged, too large, of an opset that is not read, or holds NaN.
 * Whether every node can be lowered is `toGraph`'s question.
 */
export async function readOnnx(path: string): Promise<OnnxModel> {
  const file = localPath(path);
  return decodeOnnx(await readBytes(file), file);
}

/** {@link readOnnx} of bytes that are in memory already; external data is looked for beside `file`. */
export async function decodeOnnx(bytes: Uint8Array, file: string): Promise<OnnxModel> {
  const hash = createHash("sha256").update(bytes);
  const message = decode(bytes, file);
  if (!message.graph) return fail("onnx-damaged", { path: file, reason: "it holds no graph" });
  if (toNumber(message.irVersion) > MOST_IR_VERSION) {
    fail("onnx-ir-version", { path: file, version: toNumber(message.irVersion), most: MOST_IR_VERSION });
  }
  const opsets = opsetsOf(message.opsetImport, file);
  checkWeights(message.graph, file);
  const narrowed = new Map<string, string[]>();
  const read = async (stored: TensorMessage): Promise<Tensor> => {
    const place = externalOf(stored);
    const external = place && (await readExternal(place, file));
    if (external) hash.update(external);
    const type = nameOfType(stored.dataType);
    if (isNarrowed(stored.dataType)) narrowed.set(type, [...(narrowed.get(type) ?? []), stored.name]);
    return toTensor(stored, external);
  };
  const graph = await graphOf(message.graph, file, read);
  const functions = new Map<string, FunctionSpec>();
  for (const each of message.functions) {
    functions.set(functionKey(standardDomain(each.domain), each.name), await functionOf(each, file, read));
  }
  const name = graph.name || basename(file).replace(/\.onnx$/i, "");
  return { name, opsets, graph, functions, narrowed, hash: `sha256:${hash.digest("hex")}`, source: file };
}

function localPath(path: string): string {
  if (/^file:\/\//i.test(path)) return fileURLToPath(path);
  if (/^[a-z][a-z\d+.-]+:\/\//i.test(path)) return fail("model-remote", { path });
  return path;
}

async function readBytes(path: string): Promise<Uint8Array> {
  const refuse = (error: unknown): never => {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (code === "ENOENT" || code === "ENOTDIR") return fail("onnx-not-found", { path });
    const reasons: Readonly<Record<string, string>> = { EACCES: "permission denied", EISDIR: "it is a folder" };
    return fail("model-unreadable", { path, reason: reasons[code] ?? (code || String(error)) });
  };
  const info = await stat(path).catch(refuse);
  if (!info.isFile())
    fail("model-unreadable", { path, reason: info.isDirectory() ? "it is a folder" : "it is not a file" });
  if (info.size > MAX_BYTES) fail("onnx-too-large", { path, bytes: info.size, limit: MAX_BYTES });
  return readFile(path).catch(refuse);
}

function decode(bytes: Uint8Array, path: string): ModelMessage {
  try {
    if (bytes.length === 0) throw new WireError("it is empty");
    checkWire(bytes);
    return ModelProto.decode(bytes) as unknown as ModelMessage;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return fail("onnx-damaged", { path, reason });
  }
}

/** @throws {DiagnosticError} `onnx-opset` for a version of ONNX's own domain that is not read */
function opsetsOf(imports: readonly OpsetMessage[], path: string): ReadonlyMap<string, number> {
  const opsets = versionsOf(imports);
  const version = opsets.get("");
  if (version === undefined && opsets.size === 0) fail("onnx-damaged", { path, reason: "it says no opset" });
  if (version !== undefined && (version < LEAST_OPSET || version > MOST_OPSET)) {
    fail("onnx-opset", { path, version, least: LEAST_OPSET, most: MOST_OPSET });
  }
  return opsets;
}

/** All weights together, before any of them is read into memory. */
function checkWeights(graph: GraphMessage, path: string): void {
  const [sparse] = graph.sparseInitializer;
  if (sparse) fail("onnx-tensor", { tensor: sparse.values?.name ?? "", reason: "it is sparse" });
  const bytes = graph.initializer.reduce((sum, each) => sum + bytesInMemory(each), 0);
  if (bytes > MAX_WEIGHT_BYTES) fail("onnx-too-large", { path, bytes, limit: MAX_WEIGHT_BYTES });
}

/** 16-bit floats take twice, and 4-bit integers twice as much memory as in the file. */
function bytesInMemory(stored: TensorMessage): number {
  const { bytes, elements } = layoutOf(stored);
  const has = stored.dataLocation === 1 || stored.rawData.length > 0 || elements === 0;
  const listed = stored.floatData.length + stored.int32Data.length + stored.int64Data.length;
  const claims = has ? elements : Math.min(elements, listed + stored.doubleData.length + stored.uint64Data.length);
  return Math.max(bytes, claims * (isNarrowed(stored.dataType) ? 4 : 1));
}
