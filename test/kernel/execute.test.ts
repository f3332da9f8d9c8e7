import { expect, test } from "vitest";
import { brief, fakeClient, type Sent } from "./fake-client.js";

test("a cell: busy, its input, its outputs in order, its result, the reply, idle", async () => {
  const client = fakeClient();
  const code = "print a\nprint b\ncomplain c\nshow - picture\nvalue 2";
  const id = client.send("execute_request", { code });
  expect(brief(await client.idle(id))).toEqual([
    "iopub status busy",
    "iopub execute_input",
    "iopub stream a\nb",
    "iopub stream c",
    "iopub display_data picture",
    "iopub execute_result 2",
    "shell execute_reply ok",
    "iopub status idle",
  ]);
  const contents = Object.fromEntries(client.sent.map(({ type, content }) => [type, content]));
  expect(contents).toMatchObject({
    execute_input: { code, execution_count: 1 },
    stream: { name: "stderr", text: "c\n" },
    display_data: { data: { "text/plain": "picture" }, metadata: {}, transient: {} },
    execute_result: { data: { "text/plain": "2" }, metadata: {}, execution_count: 1 },
    execute_reply: { status: "ok", execution_count: 1, payload: [], user_expressions: {} },
  });
});

test("an error is one message and stands in the reply, too", async () => {
  const client = fakeClient();
  const id = client.send("execute_request", { code: "fail TypeError x is not y" });
  const error = { ename: "TypeError", evalue: "x is not y", traceback: ["TypeError: x is not y"] };
  const messages = await client.idle(id);
  expect(brief(messages)).toEqual([
    "iopub status busy",
    "iopub execute_input",
    "iopub error TypeError",
    "shell execute_reply error",
    "iopub status idle",
  ]);
  expect(messages[2]?.content).toEqual(error);
  expect(messages[3]?.content).toEqual({ status: "error", execution_count: 1, ...error });
});

test("a silent cell shows nothing, is not counted and not remembered", async () => {
  const remembered: string[] = [];
  const client = fakeClient({ add: (_, input) => remembered.push(input), find: async () => [], close: async () => {} });
  const id = client.send("execute_request", { code: "print a\nvalue 2", silent: true });
  expect(brief(await client.idle(id))).toEqual(["iopub status busy", "shell execute_reply ok", "iopub status idle"]);
  const failing = client.send("execute_request", { code: "fail E e", silent: true });
  expect(brief(await client.idle(failing))).toEqual([
    "iopub status busy",
    "shell execute_reply error",
    "iopub status idle",
  ]);
  await client.idle(client.send("execute_request", { code: "value 1", store_history: false }));
  await client.idle(client.send("execute_request", { code: "value 1" }));
  expect(client.interpreter.ran.map((cell) => cell.number)).toEqual([1_000_000, 1_000_001, 1_000_002, 1]);
  expect(replies(client.sent).map((content) => content.execution_count)).toEqual([0, 0, 0, 1]);
  expect(remembered).toEqual(["value 1"]);
});

test("cells queued behind a failed one are aborted, what is sent after its reply runs", async () => {
  const client = fakeClient();
  client.send("execute_request", { code: "fail E e" });
  const second = client.send("execute_request", { code: "print 2" });
  const third = client.send("execute_request", { code: "print 3" });
  expect(brief(await client.idle(third))).toEqual([
    "iopub status busy",
    "shell execute_reply aborted",
    "iopub status idle",
  ]);
  expect(brief(await client.idle(second))).toContain("shell execute_reply aborted");
  expect(brief(await client.idle(client.send("execute_request", { code: "print 4" })))).toContain("iopub stream 4");
  expect(client.interpreter.ran.map((cell) => cell.code)).toEqual(["fail E e", "print 4"]);
});

test("with stop_on_error false the queue goes on", async () => {
  const client = fakeClient();
  client.send("execute_request", { code: "fail E e", stop_on_error: false });
  expect(brief(await client.idle(client.send("execute_request", { code: "print 2" })))).toContain("iopub stream 2");
});

test("user expressions are evaluated after the cell, each with an outcome of its own", async () => {
  const client = fakeClient();
  const id = client.send("execute_request", { code: "print a", user_expressions: { x: "1+1", y: "bad" } });
  await client.idle(id);
  expect(replies(client.sent)[0]?.user_expressions).toEqual({
    x: { status: "ok", data: { "text/plain": "1+1" }, metadata: {} },
    y: { status: "error", ename: "E", evalue: "bad", traceback: [] },
  });
});

test("a fault of the interpreter is an error of the cell", async () => {
  const client = fakeClient();
  const id = client.send("execute_request", { code: "crash" });
  await client.idle(id);
  expect(replies(client.sent)[0]).toMatchObject({
    status: "error",
    ename: "Error",
    evalue: "the interpreter itself failed",
  });
});

test("a request without code is answered with what is wrong", async () => {
  const client = fakeClient();
  await client.idle(client.send("execute_request", { code: 7 }));
  expect(replies(client.sent)[0]).toMatchObject({
    status: "error",
    ename: "RequestError",
    evalue: '"code" is not text',
  });
});

test("`name?` shows documentation in the pager", async () => {
  const client = fakeClient();
  await client.idle(client.send("execute_request", { code: "print?" }));
  await client.idle(client.send("execute_request", { code: "?nothing" }));
  expect(replies(client.sent).map((content) => content.payload)).toEqual([
    [{ source: "page", start: 0, data: { "text/plain": "the command print" }, metadata: {} }],
    [],
  ]);
  expect(client.sent.find(({ type }) => type === "stream")?.content.text).toBe("nothing is known of `nothing`\n");
});

test("an interrupt ends the running cell and aborts the queue", async () => {
  const client = fakeClient();
  const running = client.send("execute_request", { code: "print a\nwait" });
  const queued = client.send("execute_request", { code: "print b" });
  await client.until(({ type }) => type === "stream");
  expect(brief(await client.idle(client.send("interrupt_request", {}, { channel: "control" })))).toContain(
    "control interrupt_reply ok",
  );
  expect(brief(await client.idle(running))).toContain("iopub error KeyboardInterrupt");
  expect(brief(await client.idle(queued))).toContain("shell execute_reply aborted");
});

test("everything else is answered while a cell runs, and the last status is then busy", async () => {
  const client = fakeClient();
  const running = client.send("execute_request", { code: "print a\nwait" });
  await client.until(({ type }) => type === "stream");
  for (const channel of ["shell", "control"] as const) {
    const id = client.send("kernel_info_request", {}, { channel });
    expect(brief(await client.idle(id))).toEqual([
      "iopub status busy",
      `${channel} kernel_info_reply ok`,
      "iopub status idle",
    ]);
    expect(client.sent.at(-1)).toMatchObject({ parent: running, content: { execution_state: "busy" } });
  }
});

test("a question goes to the client that runs the cell, and its answer to the cell", async () => {
  const client = fakeClient();
  const id = client.send("execute_request", { code: "ask name? ", allow_stdin: true });
  const question = await client.until(({ type }) => type === "input_request");
  expect(question).toMatchObject({ channel: "stdin", parent: id, content: { prompt: "name? ", password: false } });
  expect(Buffer.from(question.message.identities[0] ?? []).toString()).toBe("client");
  client.send("input_reply", { value: "wrong" }, { channel: "stdin", parent: "another question" });
  client.send("input_reply", { value: "Ada" }, { channel: "stdin", parent: question.message.header.msg_id });
  expect(brief(await client.idle(id))).toContain("iopub stream Ada");
  client.send("input_reply", { value: "late" }, { channel: "stdin" });
  expect(client.log).toEqual([]);
});

test("an answer without a parent, as jupyter_client sends it, is to the question that is open", async () => {
  const client = fakeClient();
  const id = client.send("execute_request", { code: "ask password", allow_stdin: true });
  expect((await client.until(({ type }) => type === "input_request")).content.password).toBe(true);
  client.send("input_reply", { value: "x" }, { channel: "stdin" });
  expect(brief(await client.idle(id))).toContain("iopub stream x");
});

test("a cell that asks can be interrupted; where nobody can answer, asking fails at once", async () => {
  const client = fakeClient();
  const id = client.send("execute_request", { code: "ask name", allow_stdin: true });
  await client.until(({ type }) => type === "input_request");
  client.send("interrupt_request", {}, { channel: "control" });
  expect(brief(await client.idle(id))).toContain("iopub error KeyboardInterrupt");
  expect(brief(await client.idle(client.send("execute_request", { code: "ask name" })))).toContain(
    "iopub error InputError",
  );
});

function replies(sent: readonly Sent[]) {
  return sent.filter(({ type }) => type === "execute_reply").map(({ content }) => content);
}
