import { expect, test } from "vitest";
import { middleMean, nodeTimes, readProfile, recordingCost } from "../../src/measure/node-profile.js";

/** An event as onnxruntime 1.30 writes it, but for the sizes of memory. */
const event = (name: string, dur: number, operator = "Conv", tensors = [1, 1]) => ({
  ...{ cat: "Node", pid: 7, tid: 7, dur, ts: 100, ph: "X", name: `${name}_kernel_time` },
  args: {
    op_name: operator,
    node_index: "14",
    provider: "CPUExecutionProvider",
    input_type_shape: Array.from({ length: tensors[0] as number }, () => ({ float: [1, 8] })),
    output_type_shape: Array.from({ length: tensors[1] as number }, () => ({ float: [1, 8] })),
  },
});

test("a profile gives each node's durations in the order of the runs; all else in it is passed over", () => {
  const events = [
    { cat: "Session", dur: 921, ts: 4, ph: "X", name: "model_loading_uri", args: {} },
    event("a/Conv", 43, "Conv", [3, 1]),
    event("b/Relu", 5, "Relu"),
    event("a/Conv", 40, "Conv", [3, 1]),
    event("b/Relu", 6, "Relu"),
    ...[null, 3, "Node", [], { cat: "Node" }, { cat: "Node", name: "x_kernel_time", args: { op_name: "Add" } }],
    ...[
      { ...event("c", 1), dur: -1 },
      { ...event("c", 1), dur: "5" },
      { ...event("c", 1), name: "c_fence_before" },
    ],
  ];
  expect(readProfile(JSON.stringify(events))).toEqual([
    { node: "a/Conv", operator: "Conv", tensors: 4, microseconds: [43, 40] },
    { node: "b/Relu", operator: "Relu", tensors: 2, microseconds: [5, 6] },
  ]);
});

test("a file that is no profile is refused", () => {
  expect(() => readProfile("[{")).toThrow("profile: the engine's profile is not JSON");
  expect(() => readProfile("{}")).toThrow("profile: the engine's profile is not a list of events");
  expect(readProfile("[]")).toEqual([]);
});

test("the middle half decides: outliers and single microseconds do not", () => {
  expect(middleMean([1, 100, 4, 5, 4, 5, 4, 0])).toBe(4.25);
  expect(middleMean([3])).toBe(3);
  expect(() => middleMean([])).toThrow(RangeError);
});

test("what recording takes is taken off, for each node and for each of its tensors, and never more than there is", () => {
  const chain = (tensors: number, microseconds: number, nodeUs: number) => ({
    nodes: [{ node: "n", operator: "X", tensors, microseconds: [900, microseconds, microseconds] }],
    nodeUs,
  });
  // Recorded 5 and 10 us for nodes of 1 and 3 us: 4 us with 2 tensors, 7 with 8.
  const recording = recordingCost(chain(2, 5, 1), chain(8, 10, 3), 1);
  expect(recording).toEqual({ nodeUs: 3, tensorUs: 0.5 });
  const nodes = [
    { node: "a", operator: "Conv", tensors: 4, microseconds: [500, 45, 45] },
    { node: "b", operator: "Relu", tensors: 2, microseconds: [9, 3, 3] },
    { node: "once", operator: "Relu", tensors: 0, microseconds: [8] },
  ];
  expect(nodeTimes(nodes, { warmUp: 1, recording })).toEqual([
    { node: "a", operator: "Conv", microseconds: 40 },
    { node: "b", operator: "Relu", microseconds: 0 },
    { node: "once", operator: "Relu", microseconds: 5 },
  ]);
});

test("noise that makes more tensors cheaper counts as no slope", () => {
  const chain = (tensors: number, microseconds: number) => ({
    nodes: [{ node: "n", operator: "X", tensors, microseconds: [microseconds] }],
    nodeUs: 1,
  });
  expect(recordingCost(chain(2, 6), chain(8, 4), 0)).toEqual({ nodeUs: 5, tensorUs: 0 });
  expect(recordingCost(chain(2, 0), chain(8, 0), 0)).toEqual({ nodeUs: 0, tensorUs: 0 });
});
