import { expect, test } from "vitest";
import { openCells } from "./cell-runs.js";

// A cell lasts until it was checked: what a timer prints meanwhile is still its own.
const cells = openCells({ typeErrors: "off" });

test("100,000 lines arrive whole and in order", async () => {
  const { stdout } = await cells.run("for (let i = 0; i < 100000; i++) console.log(i)");
  expect(stdout).toBe(Array.from({ length: 100_000 }, (_, i) => `${i}\n`).join(""));
});

test("both streams, displays and the result keep their order", async () => {
  const { outputs, result } = await cells.run(
    'console.log("a"); console.error("b"); display.text("c"); process.stdout.write("d"); console.log("e"); "f"',
  );
  const seen = outputs.map((output) =>
    output.kind === "stream"
      ? `${output.name}: ${output.text}`
      : output.kind === "display" && output.bundle.data["text/plain"],
  );
  expect([...seen, result]).toEqual(["stdout: a\n", "stderr: b\n", "c", "stdout: d", "stdout: e\n", "'f'"]);
});

test("small prints are gathered", async () => {
  const { outputs } = await cells.run("for (let i = 0; i < 1000; i++) process.stdout.write('.')");
  expect(outputs.length).toBeLessThan(100);
});

test("what is printed before a long computation is seen at once", async () => {
  const { stdout } = await cells.stop('console.log("a"); console.log("b"); for (;;);');
  expect(stdout).toBe("a\nb\n");
});

test("what is printed right behind a cell that printed much is seen at once, too", async () => {
  // Twenty in a row: a cell must begin within milliseconds of the prints before it.
  for (let i = 0; i < 20; i++) {
    const much = cells.run("for (let i = 0; i < 50; i++) console.log(i)");
    const next = cells.run(
      'console.log("a"); const end = Date.now() + 100; while (Date.now() < end); console.log("b")',
    );
    expect((await much).stdout.split("\n")).toHaveLength(51);
    const { outputs } = await next;
    expect(outputs.map((output) => output.kind === "stream" && output.text)).toEqual(["a\n", "b\n"]);
  }
});

test("a loop that never yields shows what it prints while it runs", async () => {
  const { stdout, error } = await cells.stop('for (let i = 0; ; i++) { if (i % 1e6 === 0) console.log("tick"); }');
  expect(stdout).toMatch(/^tick\n/);
  expect(error).toMatch(/^KeyboardInterrupt/);
});

test("what child processes and native code write to the descriptors belongs to the cell", async () => {
  const { stdout, stderr } = await cells.run(
    'import { execSync } from "node:child_process"; import { writeSync } from "node:fs";\n' +
      'execSync("echo out; echo err >&2", { stdio: "inherit" }); writeSync(1, "raw\\n"); writeSync(2, "raw\\n"); undefined',
  );
  expect([stdout, stderr]).toEqual(["out\nraw\n", "err\nraw\n"]);
});

test("a character that is written in two pieces is one character", async () => {
  const { stdout } = await cells.run(
    'const bytes = Buffer.from("€\\u{1f600}"); for (const byte of bytes) process.stdout.write(Uint8Array.of(byte)); undefined',
  );
  expect(stdout).toBe("€\u{1f600}");
});

test("output after the end of a cell is idle output", async () => {
  cells.idle.length = 0;
  await cells.run('setTimeout(() => console.log("later"), 100); undefined');
  await expect
    .poll(() => cells.idle, { timeout: 20_000 })
    .toEqual([{ kind: "stream", name: "stdout", text: "later\n" }]);
});

test("a reader that is slow holds the cell back and loses nothing", async () => {
  const { stdout } = await cells.run("for (let i = 0; i < 20000; i++) console.log('x'.repeat(99))", {
    onOutput() {
      for (const end = performance.now() + 2; performance.now() < end; );
    },
  });
  expect(stdout.length).toBe(2_000_000);
});

test("one line of 20 MB arrives whole", async () => {
  const { stdout } = await cells.run('process.stdout.write("y".repeat(20_000_000)); undefined');
  expect(stdout.length).toBe(20_000_000);
});
