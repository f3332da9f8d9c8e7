import type { CellOutput, MimeBundle } from "../outputs.js";
import type { Reports } from "./reports.js";

const { parse, stringify } = JSON;

/** Sends an output; what is no plain JSON in it becomes plain JSON here, so that nothing fails later in the kernel process. */
export function emitter(reports: Reports): (output: CellOutput) => void {
  return (output) => reports.send({ type: "output", output: plainOutput(output) });
}

function plainOutput(output: CellOutput): CellOutput {
  switch (output.kind) {
    case "display":
    case "update-display":
      return { ...output, bundle: plainBundle(output.bundle) };
    case "comm-open":
    case "comm-message":
    case "comm-close":
      return plain(output);
    default:
      return output;
  }
}

/**
 * The same bundle as plain JSON. Text passes as it is, whatever user code has made of `toJSON`.
 * @throws TypeError when it holds a cycle or a BigInt.
 */
export function plainBundle({ data, metadata }: MimeBundle): MimeBundle {
  const shown: Record<string, unknown> = {};
  for (const type in data) {
    const content = data[type];
    shown[type] = typeof content === "string" ? content : plain(content);
  }
  return metadata === undefined ? { data: shown } : { data: shown, metadata: plain(metadata) };
}

function plain<T>(value: T): T {
  return parse(stringify(value)) as T;
}
