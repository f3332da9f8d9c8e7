import { type Diagnostic, DiagnosticError, diagnostic } from "../base/diagnostic.js";
import type { Stage } from "./stage.js";

/** A failure as data: the stage and the diagnostic that the record will hold. */
export interface Failure {
  readonly stage: Stage;
  readonly diagnostic: Diagnostic;
}

/** Makes data of whatever was thrown. A stage that the child reported wins over `stage`. */
export function failure(error: unknown, stage: Stage): Failure {
  const at = (error as { stage?: Stage }).stage ?? stage;
  const [first] = diagnosticsOf(error, at);
  return { stage: at, diagnostic: first };
}

/** What was thrown as diagnostics: its own, the system's refusal to write, or a fault of ours. */
export function diagnosticsOf(error: unknown, stage: string): readonly [Diagnostic, ...Diagnostic[]] {
  if (error instanceof DiagnosticError && error.diagnostics[0]) {
    return [error.diagnostics[0], ...error.diagnostics.slice(1)];
  }
  const message = error instanceof Error ? error.message : String(error);
  const { code, path } = (error ?? {}) as { code?: string; path?: string };
  if (code === "ENOENT" && path !== undefined) return [diagnostic("file-gone", { path })];
  const reason = refusalOf(error);
  if (reason !== undefined) return [diagnostic("file-not-written", { path: path ?? "the results folder", reason })];
  return [diagnostic("fault-in-nibble", { stage, message })];
}

/** Why the system did not let a file be written, in words; undefined when that is not what happened. */
export function refusalOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: string };
  return code === undefined ? undefined : refusals[code];
}

/** The system's words for a disk that takes nothing more. */
const refusals: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EROFS: "the file system is read-only",
  EACCES: "writing there is not permitted",
  EPERM: "writing there is not permitted",
  ENOTDIR: "a part of the path is not a folder",
  EEXIST: "a part of the path is not a folder",
  EISDIR: "it is a folder",
};
