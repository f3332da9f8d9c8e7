import { runKernel } from "../../src/kernel/run.js";
import { readConnectionFile, StartError } from "../../src/kernel/wire/connection-file.js";
import { scriptedInterpreter } from "./scripted-interpreter.js";

// A kernel on real sockets whose cells are scripts: `tsx scripted-kernel.ts CONNECTION_FILE`.
try {
  await runKernel(readConnectionFile(process.argv[2] ?? ""), "typescript", async () => scriptedInterpreter());
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  process.stderr.write(`nibble kernel: ${error.message}\n`);
  process.exitCode = 1;
}
