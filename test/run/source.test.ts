import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readProgramText } from "../../src/run/source.js";

const folder = mkdtempSync(join(tmpdir(), "nibble-source-"));
const written = (content: string | Uint8Array) => {
  const path = join(folder, "x.nib");
  writeFileSync(path, content);
  return path;
};
const refusal = (path: string, from: "anything" | "files" = "anything") =>
  readProgramText(path, from).then(
    () => "read",
    (error: Error) => error.message,
  );

test("UTF-8 is read, without its mark", async () => {
  expect(await readProgramText(written('\uFEFFparam a = "😀"\r\n'), "files")).toBe('param a = "😀"\r\n');
});

test("what is no program text is refused with the reason", async () => {
  expect(await refusal(written(Uint8Array.of(0xff, 0xfe, 0x41, 0)))).toBe("it is UTF-16 text; save it as UTF-8");
  expect(await refusal(written(Uint8Array.of(0xc3, 0x28)))).toBe("it is not UTF-8 text");
  expect(await refusal(written("param a = 1\0"))).toBe("it is not UTF-8 text");
  expect(await refusal(written(" ".repeat(4 * 2 ** 20 + 1)))).toBe("it is longer than 4 MB");
  expect(await refusal(folder)).toBe("it is a folder");
  expect(await refusal(join(folder, "absent.nib"))).toBe("there is no such file");
  expect(await refusal("\0")).toBe("the path holds a zero character");
  expect(await refusal(`/${"x".repeat(5000)}`)).toBe("the path is too long");
});

test.runIf(process.platform === "linux")("devices and pipes that a program names are not waited for", async () => {
  const pipe = join(folder, "pipe.nib");
  execFileSync("mkfifo", [pipe]);
  expect(await refusal(pipe, "files")).toBe("it is a pipe or a device");
  expect(await refusal("/dev/zero", "files")).toBe("it is a pipe or a device");
  // The user's own pipe is read, but not for ever.
  expect(await refusal("/dev/zero")).toBe("it is longer than 4 MB");
});
