import { type Diagnostic, DiagnosticError, diagnostic } from "../base/diagnostic.js";
import type { Stage } from "./stage.js";

/** A failure as data: the stage and the diagnostic that the record will hold. */
export interface Failure {
  readonly stage: Stage;
  readonly diagnostic: Diagnostic;
}

/** Makes data of whatever was thrown; a fault of ours becomes `fault-in-nibble`. A stage that the child reported wins. */
export function failure(error: unknown, stage: Stage): Failure {
  const at = (error as { stage?: Stage }).stage ?? stage;
  if (error instanceof DiagnosticError && error.diagnostics[0]) return { stage: at, diagnostic: error.diagnostics[0] };
  const message = error instanceof Error ? error.message : String(error);
  return { stage: at, diagnostic: diagnostic("fault-in-nibble", { stage: at, message }) };
}
