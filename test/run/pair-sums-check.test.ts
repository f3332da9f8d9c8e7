import { expect, test } from "vitest";
import { inspectPairSums, pairSumsCheck } from "../../src/run/pair-sums-check.js";

test("doctor names the kernels that saturate, what that costs and what mends it", () => {
  const kernel = { exact: 2_072_640, got: 1_048_544 };
  expect(
    pairSumsCheck([
      { kernel: "QGemm", ...kernel },
      { kernel: "QLinearConv", ...kernel },
    ]),
  ).toEqual({
    name: "integer sums",
    status: "degraded",
    detail: "added in pairs of 16 bits, which saturate: QGemm, QLinearConv",
    cost: "int8 models with full-range weights may lose accuracy on this CPU that they keep on others",
    mend: "`reduce_range: true` or `precise: true` in the scheme",
  });
});

test("this machine's kernels are run in a child process", async () => {
  const { name, status } = await inspectPairSums();
  expect(name).toBe("integer sums");
  expect(["ok", "degraded"]).toContain(status);
});
