import type { CellOutcome, CellOutput, MimeBundle } from "../cells/outputs.js";
import { isObject, type Json, type JsonObject } from "./json-text.js";
import { lines } from "./nbformat.js";

/** Collects what a cell shows, as a notebook stores it. */
export interface OutputCollector {
  add(output: CellOutput): void;
  /** The cell has ended. */
  end(outcome: CellOutcome, executionCount: number): void;
  readonly outputs: readonly JsonObject[];
}

/** Most characters of streams that are kept of one cell; a loop that prints forever must not fill the disk. */
const MOST_CHARACTERS = 16_000_000;

interface Kept {
  json: JsonObject;
  readonly displayId?: string | undefined;
}

/**
 * Makes the outputs of one cell.
 */
export function collectOutputs(): OutputCollector {
  let kept: Kept[] = [];
  let stream: { readonly name: string; texts: string[] } | undefined;
  let clearLater = false;
  let characters = 0;

  const closeStream = () => {
    if (stream === undefined) return;
    kept.push({ json: { output_type: "stream", name: stream.name, text: lines(stream.texts.join("")) } });
    stream = undefined;
  };
  const push = (json: JsonObject, displayId?: string) => {
    closeStream();
    kept.push({ json, displayId });
  };
  const clear = () => {
    [kept, stream, clearLater] = [[], undefined, false];
  };

  return {
    add(output) {
      if (output.kind === "clear") {
        if (output.wait) clearLater = true;
        else clear();
        return;
      }
      if (clearLater && output.kind !== "update-display") clear();
      if (output.kind === "stream") {
        const text = output.text.slice(0, Math.max(0, MOST_CHARACTERS - characters));
        characters += text.length;
        if (text === "") return;
        if (stream?.name !== output.name) {
          closeStream();
          stream = { name: output.name, texts: [] };
        }
        stream.texts.push(text);
      } else if (output.kind === "display") push(displayJson(output.bundle), output.displayId);
      else if (output.kind === "update-display") {
        for (const each of kept) if (each.displayId === output.displayId) each.json = displayJson(output.bundle);
      }
    },
    end(outcome, executionCount) {
      if (outcome.status === "ok") {
        if (outcome.result === undefined) return;
        const { output_type: _, ...bundle } = displayJson(outcome.result);
        push({ output_type: "execute_result", execution_count: executionCount, ...bundle });
        return;
      }
      const { ename, evalue, traceback, bundle } = outcome.error;
      if (bundle !== undefined) push(displayJson(bundle));
      push({ output_type: "error", ename, evalue, traceback: [...traceback] });
    },
    get outputs() {
      closeStream();
      return kept.map(({ json }) => json);
    },
  };
}

function displayJson({ data, metadata }: MimeBundle): JsonObject {
  return {
    output_type: "display_data",
    data: Object.fromEntries(Object.entries(data).map(([type, content]) => [type, stored(type, content)])),
    metadata: isObject(metadata) ? metadata : {},
  };
}

/** Text is stored as lines, JSON and base64 as they are. */
function stored(type: string, content: unknown): Json {
  const isText = type.startsWith("text/") || type === "image/svg+xml" || type === "application/javascript";
  return typeof content === "string" && isText ? lines(content) : (content as Json);
}
