import { constants } from "node:fs";
import { open, realpath } from "node:fs/promises";
import { dirname, isAbsolute, relative, resolve, sep } from "node:path";
import { fail } from "../../base/diagnostic.js";
import type { TensorMessage } from "../../onnx-proto/decoded.js";
import { layoutOf } from "./tensors.js";

/** Where the data of a tensor lies outside of the ONNX file. */
export interface ExternalData {
  readonly tensor: string;
  /** As the file says it: relative to the folder of the ONNX file. */
  readonly location: string;
  readonly offset: number;
  readonly bytes: number;
}

/** `TensorProto.DataLocation.EXTERNAL`. */
const EXTERNAL = 1;

const again = "export the model again, or copy all of its files into one folder";

/**
 * The place of a tensor's data where that is a file of its own.
 * @throws {DiagnosticError} `onnx-external` when the entry says no file, or a length that is not the shape's
 */
export function externalOf(message: TensorMessage): ExternalData | undefined {
  if (message.dataLocation !== EXTERNAL) return undefined;
  const entries = new Map(message.externalData.map(({ key, value }) => [key, value]));
  const location = entries.get("location") ?? "";
  const refuse = (reason: string): never =>
    fail("onnx-external", { tensor: message.name, file: location, reason, fix: again });
  if (location === "") refuse("no file is named");
  const number = (key: string, otherwise: number): number => {
    const text = entries.get(key);
    if (text === undefined) return otherwise;
    if (!/^\d{1,15}$/.test(text)) return refuse(`its ${key} is "${text.slice(0, 40)}"`);
    return Number(text);
  };
  const { bytes } = layoutOf(message);
  const length = number("length", bytes);
  if (length !== bytes) refuse(`it has ${length} bytes and the shape needs ${bytes}`);
  return { tensor: message.name, location, offset: number("offset", 0), bytes };
}

/**
 * Reads external data. The file must lie in the folder of the ONNX file, links and `..` included.
 * @throws {DiagnosticError} `onnx-external`
 */
export async function readExternal(data: ExternalData, modelPath: string): Promise<Uint8Array> {
  const { tensor, location, offset, bytes } = data;
  const refuse = (reason: string, fix = again): never => fail("onnx-external", { tensor, file: location, reason, fix });
  const inside =
    "keep the data in the folder of the ONNX file, and name it without `..`, a leading `/` or links to elsewhere";
  const folder = dirname(modelPath);
  const path = resolve(folder, location);
  if (
    location.includes("\0") ||
    isAbsolute(location) ||
    /^[a-z]:/i.test(location) ||
    !isInside(path, resolve(folder))
  ) {
    return refuse("it lies outside the folder of the model", inside);
  }
  const real = await realpath(path).catch((error: unknown) => refuse(reasonOf(error)));
  const homes = [await realpath(folder), dirname(await realpath(modelPath))];
  if (!homes.some((home) => isInside(real, home)))
    return refuse("it is a link to outside the folder of the model", inside);
  const file = await open(real, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) =>
    refuse(reasonOf(error)),
  );
  try {
    const info = await file.stat();
    if (!info.isFile()) return refuse("it is not a file");
    if (offset + bytes > info.size) {
      return refuse(`bytes ${offset} to ${offset + bytes} are needed and it has ${info.size}`);
    }
    const target = new Uint8Array(bytes);
    for (let at = 0; at < bytes; ) {
      const { bytesRead } = await file.read(target, at, bytes - at, offset + at);
      if (bytesRead === 0) return refuse("it became shorter while it was read");
      at += bytesRead;
    }
    return target;
  } finally {
    await file.close();
  }
}

function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: "there is no such file",
    ENOTDIR: "a part of its path is not a folder",
    EACCES: "permission denied",
    ELOOP: "its links lead in a circle",
    ENAMETOOLONG: "its name is too long",
  };
  return reasons[code] ?? code;
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
