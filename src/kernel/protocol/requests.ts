import type { CellLanguage, Interpreter } from "../../cells/interpreter.js";
import type { CommMessage } from "../../cells/outputs.js";
import type { History, HistoryQuery } from "../history/history.js";
import type { Incoming } from "../wire/frames.js";
import { toPoints, toUnits } from "./code-points.js";
import { type Content, flag, RequestError, text, whole } from "./content.js";
import { kernelInfo } from "./info.js";
import { bundleContent } from "./outputs.js";

/** What answering a request needs of the kernel. */
export interface RequestContext {
  readonly interpreter: Interpreter;
  readonly history: History;
  readonly language: CellLanguage;
}

/** Content of the reply to a request. Throws a RequestError when the request is not as the protocol has it. */
export type Answer = (content: Content, context: RequestContext) => object | Promise<object>;

/** Requests that change nothing and are answered at once, also while a cell runs. By message type; see jupyter_client's messaging.rst. */
export const answers: Readonly<Record<string, Answer>> = {
  kernel_info_request: (_, { language }) => kernelInfo(language),

  async complete_request(content, { interpreter }) {
    const code = text(content, "code");
    const { start, end, items } = await interpreter.complete(code, cursorOf(content, code));
    const [cursor_start, cursor_end] = [toPoints(code, start), toPoints(code, end)];
    const types = items.map(({ text, type, signature }) => ({
      text,
      type,
      signature: signature ?? "",
      start: cursor_start,
      end: cursor_end,
    }));
    const matches = items.map((item) => item.text);
    return { status: "ok", matches, cursor_start, cursor_end, metadata: { _jupyter_types_experimental: types } };
  },

  async inspect_request(content, { interpreter }) {
    const code = text(content, "code");
    const detail = whole(content, "detail_level") === 1 ? 1 : 0;
    const bundle = await interpreter.inspect(code, cursorOf(content, code), detail);
    return { status: "ok", found: bundle !== undefined, ...bundleContent(bundle ?? { data: {} }) };
  },

  is_complete_request: (content, { interpreter }) => interpreter.isComplete(text(content, "code")),

  async history_request(content, { history }) {
    const withOutput = flag(content, "output", false);
    const cells = await history.find(historyQuery(content));
    return {
      status: "ok",
      history: cells.map(({ session, line, input, output }) => [
        session,
        line,
        withOutput ? [input, output ?? null] : input,
      ]),
    };
  },

  comm_info_request(content, { interpreter }) {
    const { target_name: wanted } = content;
    const comms = Object.entries(interpreter.comms()).filter(
      ([, target]) => typeof wanted !== "string" || wanted === "" || target === wanted,
    );
    return { status: "ok", comms: Object.fromEntries(comms.map(([id, target_name]) => [id, { target_name }])) };
  },

  async interrupt_request(_, { interpreter }) {
    await interpreter.interrupt();
    return { status: "ok" };
  },

  /** There is no debugger, as kernel_info says; a reply in both protocols' forms ends the client's wait. */
  debug_request({ seq, command }) {
    const message = "this kernel has no debugger";
    return {
      type: "response",
      request_seq: typeof seq === "number" ? seq : 0,
      success: false,
      command: typeof command === "string" ? command : "",
      message,
      status: "error",
      ename: "NotSupported",
      evalue: message,
      traceback: [],
    };
  },

  connect_request() {
    throw new RequestError("connect_request is deprecated; read the connection file");
  },
};

/** The cursor in code units; at the end where the request names none. */
function cursorOf(content: Content, code: string): number {
  const points = whole(content, "cursor_pos");
  return points === undefined ? code.length : toUnits(code, Math.max(0, points));
}

function historyQuery(content: Content): HistoryQuery {
  const n = whole(content, "n");
  switch (content.hist_access_type) {
    case "tail":
      return { kind: "tail", n: n ?? 10 };
    case "range": {
      const [session = 0, start = 1] = [whole(content, "session"), whole(content, "start")];
      return { kind: "range", session, start, stop: whole(content, "stop") };
    }
    case "search": {
      const pattern = typeof content.pattern === "string" ? content.pattern : "*";
      return { kind: "search", pattern, n, unique: flag(content, "unique", false) };
    }
    default:
      throw new RequestError(`"hist_access_type" is none of tail, range, search`);
  }
}

/** A message on a comm from a client. */
export function commMessage({ header, content, metadata, buffers: bytes }: Incoming): CommMessage {
  const commId = text(content, "comm_id");
  const data = content.data ?? {};
  const buffers = bytes.map((buffer) => Buffer.from(buffer).toString("base64"));
  switch (header.msg_type) {
    case "comm_open":
      return { kind: "comm-open", commId, target: text(content, "target_name"), data, metadata, buffers };
    case "comm_msg":
      return { kind: "comm-message", commId, data, metadata, buffers };
    default:
      return { kind: "comm-close", commId, data };
  }
}
