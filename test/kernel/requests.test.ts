import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createHistory } from "../../src/kernel/history/history.js";
import { brief, fakeClient } from "./fake-client.js";

/** Content of the reply to one request to a fresh kernel. */
async function replyTo(type: string, content: object = {}, client = fakeClient()) {
  const id = client.send(type, content);
  const messages = await client.idle(id);
  expect(brief(messages).map((line) => line.split(" ")[1])).toEqual([
    "status",
    type.replace("request", "reply"),
    "status",
  ]);
  return messages[1]?.content;
}

test("kernel_info says what editors need", async () => {
  const { devDependencies: _, ...own } = JSON.parse(readFileSync("package.json", "utf8"));
  expect(await replyTo("kernel_info_request")).toMatchObject({
    status: "ok",
    protocol_version: "5.5",
    implementation: "nibble",
    implementation_version: own.version,
    language_info: {
      name: "typescript",
      version: own.dependencies.typescript,
      mimetype: "application/typescript",
      file_extension: ".ts",
    },
    debugger: false,
    supported_features: [],
  });
});

test("positions of completion are code points, both ways", async () => {
  expect(await replyTo("complete_request", { code: "😀😀pr", cursor_pos: 4 })).toEqual({
    status: "ok",
    matches: ["print", "password"],
    cursor_start: 2,
    cursor_end: 4,
    metadata: {
      _jupyter_types_experimental: [
        { text: "print", type: "function", signature: "(text)", start: 2, end: 4 },
        { text: "password", type: "keyword", signature: "", start: 2, end: 4 },
      ],
    },
  });
  expect(await replyTo("complete_request", { code: "pr", cursor_pos: 99 })).toMatchObject({
    cursor_start: 0,
    cursor_end: 2,
  });
});

test("inspection finds, or says that it does not", async () => {
  expect(await replyTo("inspect_request", { code: "😀 print x", cursor_pos: 7, detail_level: 0 })).toEqual({
    status: "ok",
    found: true,
    data: { "text/plain": "the command print" },
    metadata: {},
  });
  expect(await replyTo("inspect_request", { code: "", cursor_pos: 0 })).toEqual({
    status: "ok",
    found: false,
    data: {},
    metadata: {},
  });
});

test("is_complete", async () => {
  expect(await replyTo("is_complete_request", { code: "x {" })).toEqual({ status: "incomplete", indent: "  " });
  expect(await replyTo("is_complete_request", { code: "x" })).toEqual({ status: "complete" });
});

test("history comes as inputs, or with results", async () => {
  const client = fakeClient(createHistory({ read: async () => [], append: () => {}, written: async () => {} }));
  await client.idle(client.send("execute_request", { code: "value 1" }));
  await client.idle(client.send("execute_request", { code: "print x" }));
  const ask = (content: object) => replyTo("history_request", content, client);
  expect(await ask({ hist_access_type: "tail", n: 5 })).toEqual({
    status: "ok",
    history: [
      [1, 1, "value 1"],
      [1, 2, "print x"],
    ],
  });
  expect(await ask({ hist_access_type: "range", session: 0, start: 1, output: true })).toEqual({
    status: "ok",
    history: [
      [1, 1, ["value 1", "1"]],
      [1, 2, ["print x", null]],
    ],
  });
  expect(await ask({ hist_access_type: "search", pattern: "p*", unique: true })).toEqual({
    status: "ok",
    history: [[1, 2, "print x"]],
  });
  expect(await ask({ hist_access_type: "all" })).toMatchObject({ status: "error", ename: "RequestError" });
});

test("a debugger is politely refused", async () => {
  expect(await replyTo("debug_request", { type: "request", seq: 3, command: "initialize" })).toEqual({
    type: "response",
    request_seq: 3,
    success: false,
    command: "initialize",
    message: "this kernel has no debugger",
    status: "error",
    ename: "NotSupported",
    evalue: "this kernel has no debugger",
    traceback: [],
  });
});

test("a request that is not as the protocol has it gets an error reply", async () => {
  expect(await replyTo("complete_request", { cursor_pos: 1 })).toMatchObject({
    status: "error",
    evalue: '"code" is missing',
  });
  expect(await replyTo("inspect_request", { code: [] })).toMatchObject({
    status: "error",
    evalue: '"code" is not text',
  });
});

test("comms: opened, written, listed, closed; an unknown target and an unknown comm are answered by close", async () => {
  const client = fakeClient();
  const buffers = [Buffer.from([0, 1, 255])];
  await client.idle(client.send("comm_open", { comm_id: "c", target_name: "echo", data: { a: 1 } }, { buffers }));
  expect(await replyTo("comm_info_request", {}, client)).toEqual({
    status: "ok",
    comms: { c: { target_name: "echo" } },
  });
  expect(await replyTo("comm_info_request", { target_name: "x" }, client)).toEqual({ status: "ok", comms: {} });

  const id = client.send("comm_msg", { comm_id: "c", data: { b: 2 } }, { buffers });
  const [, echoed] = await client.idle(id);
  expect(echoed).toMatchObject({ channel: "iopub", type: "comm_msg", content: { comm_id: "c", data: { b: 2 } } });
  expect(echoed?.message.buffers.map((bytes) => [...bytes])).toEqual([[0, 1, 255]]);

  await client.idle(client.send("comm_close", { comm_id: "c", data: {} }));
  for (const [type, content] of [
    ["comm_open", { comm_id: "d", target_name: "nobody", data: {} }],
    ["comm_msg", { comm_id: "c", data: {} }],
  ] as const) {
    expect(brief(await client.idle(client.send(type, content)))).toEqual([
      "iopub status busy",
      "iopub comm_close",
      "iopub status idle",
    ]);
  }
  expect(client.interpreter.messages.map(({ kind }) => kind)).toEqual([
    "comm-open",
    "comm-message",
    "comm-close",
    "comm-open",
    "comm-message",
  ]);
});

test("a comm that a cell opens carries metadata and buffers", async () => {
  const client = fakeClient();
  const messages = await client.idle(client.send("execute_request", { code: "open c jupyter.widget" }));
  const opened = messages.find(({ type }) => type === "comm_open")?.message;
  expect(opened).toMatchObject({
    metadata: { version: "2.1.0" },
    content: { comm_id: "c", target_name: "jupyter.widget", data: { a: 1 } },
  });
  expect(opened?.buffers.map((bytes) => [...bytes])).toEqual([[0, 1, 255]]);
});

test("outputs that come after a cell belong to it", async () => {
  const client = fakeClient();
  const id = client.send("execute_request", { code: "print a" });
  await client.idle(id);
  client.interpreter.emitIdle({ kind: "display", bundle: { data: { "text/plain": "late" } } });
  expect(client.sent.at(-1)).toMatchObject({ type: "display_data", parent: id });
});

test.each([
  ["shell", false],
  ["control", true],
] as const)("shutdown on %s: the reply, the same on iopub, idle, the end", async (channel, restart) => {
  const client = fakeClient();
  const id = client.send("shutdown_request", { restart }, { channel });
  expect(brief(await client.idle(id))).toEqual([
    "iopub status busy",
    `${channel} shutdown_reply ok`,
    "iopub shutdown_reply ok",
    "iopub status idle",
  ]);
  expect(client.sent.find(({ type }) => type === "shutdown_reply")?.content.restart).toBe(restart);
  await client.ended;
});

test("a subscriber is welcomed", () => {
  const client = fakeClient();
  client.subscribe("");
  expect(client.sent.at(-1)).toMatchObject({
    channel: "iopub",
    type: "iopub_welcome",
    parent: undefined,
    content: { subscription: "" },
  });
});

test("what cannot be served costs a line of the log and nothing else", async () => {
  const client = fakeClient();
  await client.idle(client.send("make_coffee_request"));
  client.sendFrames("shell", [Buffer.from("garbage")]);
  client.sendFrames("control", [Buffer.from("<IDS|MSG>"), Buffer.from("bad"), ...Array(4).fill(Buffer.from("{}"))]);
  client.send("execute_request", { code: "1" }, { channel: "stdin" });
  expect(client.log).toEqual([
    'a message of the unknown type "make_coffee_request" is ignored',
    "a message on shell is dropped: it has no <IDS|MSG>",
    "a message on control is dropped: its signature is wrong",
    "a message on stdin is dropped: it is no input_reply",
  ]);
  expect(await replyTo("kernel_info_request", {}, client)).toMatchObject({ status: "ok" });
});

test("a signed request whose content cannot be read is told so", async () => {
  const client = fakeClient();
  let deep: unknown = [];
  for (let i = 0; i < 600; i++) deep = [deep];
  expect(await replyTo("execute_request", { code: deep }, client)).toMatchObject({
    status: "error",
    ename: "MessageError",
    evalue: "its content is nested deeper than 500 levels",
  });
});
