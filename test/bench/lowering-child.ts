/**
 * Reads, checks, lowers and prepares the model argv[2] and writes it as ONNX, all in this process, after the same of a
 * small model (argv[3]) whose memory is the floor. Prints JSON: milliseconds, and bytes of peak memory above the floor.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { toOnnx } from "../../src/backends/onnx/write.js";
import { openPrepared } from "../../src/run/inputs.js";

const [, , path = "", small = ""] = process.argv;
const lower = async (model: string) =>
  toOnnx((await openPrepared({ name: "model", format: "tfjs", path: model })).graph).length;

/** Linux alone: writing 5 sets the high-water mark back to what is resident now. */
const resetPeak = () => writeFileSync("/proc/self/clear_refs", "5");
const kilobytes = (field: string) =>
  Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? Number.NaN);

await lower(small);
globalThis.gc?.();
resetPeak();
const floor = kilobytes("VmRSS");
const start = performance.now();
const onnxBytes = await lower(path);
const ms = performance.now() - start;
process.stdout.write(JSON.stringify({ ms, peakBytes: (kilobytes("VmHWM") - floor) * 1024, onnxBytes }));
