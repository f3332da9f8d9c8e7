import type { CellOutput } from "../outputs.js";

/** What code that runs on behalf of a cell may use, in the execution child. */
export interface ChildContext {
  /** Every variable of the notebook by name. Both languages read and write this one object. */
  readonly scope: Record<string, unknown>;
  /** Number of the cell that runs. */
  readonly cell: number;
  /** Folder of the notebook. */
  readonly folder: string;
  /** Aborted when the user presses Stop. */
  readonly signal: AbortSignal;
  /** Sends an output to the frontend, in order with what is printed. */
  emit(output: CellOutput): void;
}
