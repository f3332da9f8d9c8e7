import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { haveJupyter, runJupyter } from "./installed.js";
import { newProject } from "./notebook.js";

describe.skipIf(!haveJupyter || process.platform === "win32")("jupyter console", () => {
  test("takes functions of several lines, asks for input, is stopped by Ctrl-C, and remembers", () => {
    const { folder, env } = newProject();
    const { stdout, stderr } = runJupyter([join(import.meta.dirname, "console.py"), "nibble-ts"], { cwd: folder, env });
    expect({ steps: stdout.trim().split("\n"), stderr }).toEqual({
      steps: [
        "a function of three lines is asked for to its end, then run",
        "input() asks and gets the answer",
        "Ctrl-C stops a loop and keeps variables",
        "the console ends with 0",
        "arrow up brings back the last line of the session before",
      ],
      stderr: "",
    });
  });
});
