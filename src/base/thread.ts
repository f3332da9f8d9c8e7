import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Worker, type WorkerOptions } from "node:worker_threads";
import { entryPoint } from "./entry.js";

/**
 * Starts the entry called `name` as a thread of this process. From sources tsx must be registered inside the thread: its
 * `--import` form does nothing there on Node 20.
 */
export function startThread(name: string, options: WorkerOptions = {}): Worker {
  const { file, execArgv } = entryPoint(name);
  const plain = { execArgv: [], ...options };
  if (execArgv.length === 0) return new Worker(file, plain);
  const api = pathToFileURL(createRequire(import.meta.url).resolve("tsx/esm/api")).href.replace(/\.cjs$/, ".mjs");
  const text = `import(${JSON.stringify(api)}).then(({ register }) => { register(); return import(${JSON.stringify(pathToFileURL(file).href)}); })`;
  return new Worker(text, { ...plain, eval: true });
}
