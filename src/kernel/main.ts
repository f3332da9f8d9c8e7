import { parseArgs } from "node:util";
import type { CellLanguage } from "../cells/interpreter.js";
import { runKernel } from "./run.js";
import { readConnectionFile, StartError } from "./wire/connection-file.js";

/** `node main.js --connection-file FILE --language typescript|nibble`: what the kernelspecs start. */
async function main(): Promise<void> {
  const { file, language } = argumentsOf(process.argv.slice(2));
  await runKernel(readConnectionFile(file), language, async () => {
    const { createInterpreter } = await import("../cells/create.js");
    return createInterpreter({ language, folder: process.cwd() });
  });
}

function argumentsOf(args: readonly string[]): { readonly file: string; readonly language: CellLanguage } {
  const known = { "connection-file": { type: "string" }, language: { type: "string", default: "typescript" } } as const;
  let values: { "connection-file"?: string; language?: string };
  try {
    values = parseArgs({ args: [...args], options: known }).values;
  } catch (error) {
    throw new StartError((error as Error).message.split("\n")[0]);
  }
  const { "connection-file": file, language } = values;
  if (file === undefined) throw new StartError("--connection-file FILE is missing; Jupyter clients give it");
  if (language !== "typescript" && language !== "nibble") {
    throw new StartError(`--language is "${language}", neither "typescript" nor "nibble"`);
  }
  return { file, language };
}

main().catch((error: unknown) => {
  const text = error instanceof StartError ? error.message : (error as Error).stack;
  process.stderr.write(`nibble kernel: ${text}\n`);
  process.exit(1);
});
