import type { CellOutput, MimeBundle } from "../../cells/outputs.js";
import type { Extras } from "./sender.js";

/** Publishes a message; the parent is known to whoever gives this. */
export type Publish = (type: string, content: object, extras?: Extras) => void;

/** Turns outputs into messages, in order. */
export interface OutputRelay {
  accept(output: CellOutput): void;
  /** Publishes text that still waits for more of it. */
  flush(): void;
}

/** How long text waits for more, in milliseconds: a line a message would flood every client. */
const WAIT_MS = 20;

/** Characters at which text waits no longer. */
const ENOUGH = 256 * 1024;

/** @param silent nothing is shown; comms are no output and go on */
export function outputRelay(publish: Publish, silent = false): OutputRelay {
  let name: "stdout" | "stderr" = "stdout";
  let parts: string[] = [];
  let length = 0;
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (parts.length === 0) return;
    const text = parts.join("");
    parts = [];
    length = 0;
    publish("stream", { name, text });
  };
  return {
    flush,
    accept(output) {
      if (silent && !output.kind.startsWith("comm-")) return;
      if (output.kind !== "stream") {
        flush();
        publish(...messageOf(output));
        return;
      }
      if (output.name !== name) flush();
      name = output.name;
      if (output.text === "") return;
      parts.push(output.text);
      length += output.text.length;
      if (length >= ENOUGH) flush();
      else timer ??= setTimeout(flush, WAIT_MS);
    },
  };
}

type OtherOutput = Exclude<CellOutput, { kind: "stream" }>;

function messageOf(output: OtherOutput): Parameters<Publish> {
  switch (output.kind) {
    case "display":
      return ["display_data", { ...bundleContent(output.bundle), transient: transientOf(output.displayId) }];
    case "update-display":
      return ["update_display_data", { ...bundleContent(output.bundle), transient: transientOf(output.displayId) }];
    case "clear":
      return ["clear_output", { wait: output.wait }];
    case "comm-open": {
      const { commId: comm_id, target: target_name, data } = output;
      return ["comm_open", { comm_id, target_name, data: data ?? {} }, extrasOf(output)];
    }
    case "comm-message":
      return ["comm_msg", { comm_id: output.commId, data: output.data ?? {} }, extrasOf(output)];
    case "comm-close":
      return ["comm_close", { comm_id: output.commId, data: output.data ?? {} }];
  }
}

/** `data` and `metadata` of a bundle, the latter always an object. */
export function bundleContent(bundle: MimeBundle): { data: object; metadata: object } {
  return { data: bundle.data, metadata: bundle.metadata ?? {} };
}

function transientOf(displayId: string | undefined): object {
  return displayId === undefined ? {} : { display_id: displayId };
}

function extrasOf({
  metadata,
  buffers,
}: {
  readonly metadata?: unknown;
  readonly buffers?: readonly string[];
}): Extras {
  return { metadata: metadata ?? {}, buffers: buffers?.map((base64) => Buffer.from(base64, "base64")) };
}
