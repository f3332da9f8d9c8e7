import type { CellTexts } from "./cell-texts.js";
import type { Execution } from "./execution.js";
import type { CellRequest, TypeErrors } from "./interpreter.js";
import { outcomeOf } from "./outcome.js";
import type { CellError, CellOutcome } from "./outputs.js";
import type { Tracebacks } from "./traceback.js";
import { typeErrorsError, typeErrorsText } from "./type-errors.js";
import type { PreparedCell, TypeScriptDiagnostic, TypeScriptService } from "./typescript/service.js";

/** A cell on its way: how it hears of Stop before and after its code runs. */
export interface Running {
  readonly request: CellRequest;
  /** Rejects with a KeyboardInterrupt when the user presses Stop. */
  readonly stopped: Promise<never>;
  /** True from then on. */
  readonly isStopped: boolean;
}

export interface TypeScriptCells {
  run(code: string, running: Running, types: TypeErrors): Promise<CellOutcome>;
  /** An expression, after a cell. */
  evaluate(expression: string, running: Running): Promise<CellOutcome>;
  /** Names came or changed their types otherwise than by a cell of TypeScript: what was checked must be checked again. */
  namesChanged(): void;
}

/** Checked cells whose result is remembered. */
const MOST_CHECKED = 200;
/** Number that an expression runs under: its places must not be taken for places of the cell. */
const EXPRESSION = 0;

/** @param onMade told the name of each variable that a cell has made */
export function createTypeScriptCells(
  service: TypeScriptService,
  execution: Execution,
  texts: CellTexts,
  tracebacks: Tracebacks,
  onMade: (name: string) => void,
): TypeScriptCells {
  /** Rises when the names in scope, or their types, may have changed. */
  let generation = 0;
  const checked = new Map<string, { readonly generation: number; readonly found: readonly TypeScriptDiagnostic[] }>();

  const check = async (code: string, number: number): Promise<readonly TypeScriptDiagnostic[]> => {
    const known = checked.get(code);
    if (known?.generation === generation) return known.found;
    const at = generation;
    const found = await service.check(code, number);
    checked.set(code, { generation: at, found });
    for (const oldest of checked.keys()) {
      if (checked.size <= MOST_CHECKED) break;
      checked.delete(oldest);
    }
    return found;
  };

  const start = async (cell: PreparedCell, { request }: Running, code: string, map: string) => {
    texts.add(cell.number, code, map);
    const { js, imports, declares, hasResult, number } = cell;
    return await execution.run(
      { type: "typescript", number, js, imports, declares, hasResult, input: request.onInput !== undefined },
      request.onInput,
    );
  };

  const warn = (found: readonly TypeScriptDiagnostic[], code: string, { request }: Running) => {
    if (found.length === 0) return;
    const text = typeErrorsText(found, code, request.number, "warning");
    request.onOutput({ kind: "stream", name: "stderr", text });
  };

  return {
    async run(code, running, types) {
      const { number } = running.request;
      const prepared = await Promise.race([service.prepare(code, number), running.stopped]);
      if ("errors" in prepared) {
        return { status: "error", error: typeErrorsError("SyntaxError", prepared.errors, code, number) };
      }
      if (types === "error") {
        const found = await Promise.race([check(code, number), running.stopped]);
        if (found.length > 0) return { status: "error", error: typeErrorsError("TypeCheckError", found, code, number) };
      }
      // The compiler looks for type errors in its thread while the cell runs in its process.
      const checking = types === "warn" ? check(code, number) : Promise.resolve([]);
      checking.catch(() => {});
      const { outcome, made } = await start(prepared.cell, running, code, prepared.cell.map);
      if (outcome.status !== "died" && outcome.status !== "killed") {
        for (const { name } of made) onMade(name);
        if (prepared.cell.declares.length > 0) generation++;
        // Not waited for: the thread takes its requests in order, so that the next cell sees these names.
        void service.commit(code, number, outcome.status === "ok" ? undefined : made.map(({ name }) => name));
        if (!running.isStopped) warn(await Promise.race([checking, running.stopped]).catch(() => []), code, running);
      }
      return outcomeOf(outcome, tracebacks);
    },
    async evaluate(expression, running) {
      const prepared = await Promise.race([service.prepare(expression, EXPRESSION), running.stopped]);
      if ("errors" in prepared) {
        const error = typeErrorsError("SyntaxError", prepared.errors, expression, EXPRESSION);
        return { status: "error", error: named(error) };
      }
      const { outcome } = await start(prepared.cell, running, expression, prepared.cell.map);
      const ended = outcomeOf(outcome, tracebacks);
      if (ended.status === "error") return { status: "error", error: named(ended.error) };
      return ended.result === undefined ? { status: "ok", result: { data: { "text/plain": "undefined" } } } : ended;
    },
    namesChanged: () => {
      generation++;
    },
  };
}

function named(error: CellError): CellError {
  return {
    ...error,
    traceback: error.traceback.map((line) => line.replaceAll(`<cell ${EXPRESSION}>`, "<expression>")),
  };
}
