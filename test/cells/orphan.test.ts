import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { ownPackage } from "../../src/base/package.js";
import "./cell-runs.js"; // The build is fresh.

const CREATE = pathToFileURL(join(ownPackage().folder, "dist/cells/create.js")).href;

/** Prints the id of its execution child once that spins. */
const PARENT = `
  import { createInterpreter } from ${JSON.stringify(CREATE)};
  const interpreter = createInterpreter({ language: "typescript", folder: process.cwd() });
  const onOutput = ({ text }) => process.stdout.write(text);
  await interpreter.execute({ number: 1, code: "console.log(process.pid); while (true) {}", onOutput });
`;

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test("a kernel process that is killed leaves no child, not even one that spins", async () => {
  const parent = spawn(process.execPath, ["--input-type=module", "--eval", PARENT], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface(parent.stdout), "line")) as [string];
  const child = Number(line);
  expect(lives(child)).toBe(true);
  parent.kill("SIGKILL");
  await once(parent, "exit");
  await expect.poll(() => lives(child), { timeout: 20_000 }).toBe(false);
});
