import { expect, test } from "vitest";
import { experimentOf, runInjected, scheme } from "./injected.js";

test("a run in which nothing is injected has nothing to remark", async () => {
  const { records, report } = await runInjected(experimentOf([scheme("static", { samples: 64 })]));
  expect(records.map(({ status }) => status)).toEqual(["completed", "completed"]);
  expect(report).not.toContain("(!)");
});
