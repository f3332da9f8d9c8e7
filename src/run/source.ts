import { constants } from "node:fs";
import { open } from "node:fs/promises";

/** Most bytes of one program file. */
const MOST_BYTES = 4 * 2 ** 20;

/** Thrown by `readProgramText`; the message is the reason, as a diagnostic shows it. */
export class UnreadableProgram extends Error {}

/**
 * The text of a program file, without a byte order mark.
 * @param from "anything" also reads a pipe that the user names (`nibble run <(generate)`); a file that a program names
 * must be a regular one, for a pipe or a device may never end.
 * @throws {UnreadableProgram}
 */
export async function readProgramText(path: string, from: "anything" | "files"): Promise<string> {
  const bytes = await readBytes(path, from);
  if (bytes.length > MOST_BYTES) throw new UnreadableProgram(`it is longer than ${MOST_BYTES / 2 ** 20} MB`);
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    throw new UnreadableProgram("it is UTF-16 text; save it as UTF-8");
  }
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (!text.includes("\0")) return text;
  } catch {
    // The same reason as a zero byte.
  }
  throw new UnreadableProgram("it is not UTF-8 text");
}

/** The bytes of a file; more than the limit only where there are too many. */
async function readBytes(path: string, from: "anything" | "files"): Promise<Uint8Array> {
  // A pipe without a writer would block the open itself.
  const flags = from === "files" ? constants.O_RDONLY | constants.O_NONBLOCK : constants.O_RDONLY;
  const file = await open(path, flags).catch(refused);
  try {
    const info = await file.stat();
    if (info.isDirectory()) throw new UnreadableProgram("it is a folder");
    if (from === "files" && !info.isFile()) throw new UnreadableProgram("it is a pipe or a device");
    const chunks: Buffer[] = [];
    for (let total = 0; total <= MOST_BYTES; ) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(2 ** 16), 0, 2 ** 16, null);
      if (bytesRead === 0) break;
      total += bytesRead;
      chunks.push(buffer.subarray(0, bytesRead));
    }
    return Buffer.concat(chunks);
  } catch (error) {
    return refused(error);
  } finally {
    await file.close();
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "a part of the path is not a folder",
  EISDIR: "it is a folder",
  EACCES: "reading it is not permitted",
  EPERM: "reading it is not permitted",
  ENAMETOOLONG: "the path is too long",
  ELOOP: "its links lead in a circle",
  ERR_INVALID_ARG_VALUE: "the path holds a zero character",
};

function refused(error: unknown): never {
  if (error instanceof UnreadableProgram) throw error;
  const { code = "", message = String(error) } = error as { code?: string; message?: string };
  throw new UnreadableProgram((Object.hasOwn(reasons, code) && reasons[code]) || message);
}
