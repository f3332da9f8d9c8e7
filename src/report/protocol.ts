import type { TrialRecord } from "../results/record.js";

/** How Nibble measures, in paragraphs; of what some record holds. */
export function protocolTexts(records: readonly TrialRecord[]): readonly string[] {
  const completed = records.filter((record) => record.status === "completed");
  const has = (field: "accuracy" | "latency" | "size" | "memory" | "roofline" | "gap" | "split" | "cost" | "energy") =>
    completed.some((record) => record[field] !== undefined);
  return [
    ...(has("accuracy")
      ? [
          "Accuracy is of the test split, which calibration never sees. Drops are paired: the same samples through fp32 and through the trial, with a 95% interval of the difference; McNemar's test is of the samples that only one of them gets right. A question whose bound lies inside the interval is unresolved, and the number of samples that would settle it is an estimate.",
        ]
      : []),
    ...(has("latency")
      ? [
          "Latency is of one engine for both arms, fp32 and the trial, each at its own best optimization level, found in runs that are used for nothing else. Samples of fp32, of the trial and of fp32 once more are interleaved in several fresh processes, each arm behind each other one equally often, so that drift of the machine and what the arm before leaves in its caches fall on all alike; the speedup is the median ratio of pairs, its 95% interval a bootstrap over processes, then pairs. In the same session fp32 runs against itself: what that control is away from 1 is the machine's noise, and no smaller difference is called one.",
        ]
      : []),
    ...(has("roofline")
      ? [
          "The roofline holds each time against what this machine was measured to do at best: multiply-adds a second in float and in 8-bit integers, and bytes a second from each level of memory. A time below what these allow is rejected, not reported. Times by layer come from a profiled run of their own.",
        ]
      : []),
    ...(has("gap")
      ? [
          "The gap compares the engine's integer kernels with the definitions of their operators, on the same samples, value by value.",
        ]
      : []),
    ...(has("size") ? ["Size is of the file that runs, every byte of it; the parts add up to the whole."] : []),
    ...(has("memory") ? ["Memory is the peak of a fresh process that loads and runs one model."] : []),
    ...(has("energy")
      ? ["Energy is the processor package's own counter around a sustained run, idle cores included."]
      : []),
  ];
}
