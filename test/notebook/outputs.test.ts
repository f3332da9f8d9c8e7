import { expect, test } from "vitest";
import type { CellOutput } from "../../src/cells/outputs.js";
import { collectOutputs } from "../../src/notebook/outputs.js";

const text = (content: string, name: "stdout" | "stderr" = "stdout"): CellOutput => ({
  kind: "stream",
  name,
  text: content,
});
const shown = (content: string, displayId?: string): CellOutput => ({
  kind: "display",
  bundle: { data: { "text/plain": content } },
  ...(displayId === undefined ? {} : { displayId }),
});

function collected(...outputs: readonly CellOutput[]) {
  const collector = collectOutputs();
  for (const output of outputs) collector.add(output);
  collector.end({ status: "ok" }, 1);
  return collector.outputs;
}

/** The texts alone. */
const texts = (...outputs: readonly CellOutput[]) =>
  collected(...outputs).map(({ text: lines, data }) => JSON.stringify(lines ?? (data as object)));

test("neighbouring text of one stream is one output, by lines; other outputs part it", () => {
  expect(collected(text("a\nb"), text("c\n"), text("e", "stderr"), shown("x"), text("d"))).toEqual([
    { output_type: "stream", name: "stdout", text: ["a\n", "bc\n"] },
    { output_type: "stream", name: "stderr", text: ["e"] },
    { output_type: "display_data", data: { "text/plain": ["x"] }, metadata: {} },
    { output_type: "stream", name: "stdout", text: ["d"] },
  ]);
});

test("a display that is updated is stored once, as it was last; an update of none is nothing", () => {
  const update = (displayId: string): CellOutput => ({
    kind: "update-display",
    displayId,
    bundle: { data: { "text/plain": "2" } },
  });
  expect(texts(shown("1", "a"), text("t"), update("a"), update("b"))).toEqual(['{"text/plain":["2"]}', '["t"]']);
});

test("clear takes what was there, at once or when the next output comes", () => {
  expect(texts(text("a"), { kind: "clear", wait: false }, text("b"))).toEqual(['["b"]']);
  expect(texts(text("a"), { kind: "clear", wait: true }, text("b"), text("c"))).toEqual(['["bc"]']);
  expect(texts(text("a"), { kind: "clear", wait: true })).toEqual(['["a"]']);
});

test("a stream without end is cut, and what comes after it is kept", () => {
  const [stream, display] = collected(...Array.from({ length: 20 }, () => text("x".repeat(1_000_000))), shown("end"));
  const lines = (stream?.text ?? []) as readonly string[];
  expect(lines.join("")).toHaveLength(16_000_000);
  expect(display).toMatchObject({ data: { "text/plain": ["end"] } });
});

test("a result and an error are stored as Jupyter does; JSON stays a value, base64 one string", () => {
  const collector = collectOutputs();
  const data = { "application/json": { a: "b\nc" }, "image/png": "iVBO\nRw==", "image/svg+xml": "<svg>\n</svg>" };
  collector.end({ status: "ok", result: { data, metadata: { own: 1 } } }, 7);
  expect(collector.outputs).toEqual([
    {
      output_type: "execute_result",
      execution_count: 7,
      data: { ...data, "image/svg+xml": ["<svg>\n", "</svg>"] },
      metadata: { own: 1 },
    },
  ]);
  const failed = collectOutputs();
  const error = { ename: "E", evalue: "v", traceback: ["t"], bundle: { data: { "text/html": "<p>" } } };
  failed.end({ status: "error", error }, 1);
  expect(failed.outputs).toEqual([
    { output_type: "display_data", data: { "text/html": ["<p>"] }, metadata: {} },
    { output_type: "error", ename: "E", evalue: "v", traceback: ["t"] },
  ]);
});
