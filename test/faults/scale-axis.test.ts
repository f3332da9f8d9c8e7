import { expect, test } from "vitest";
import { experimentOf, runInjected, scheme } from "./injected.js";
import { tampering } from "./tampered.js";

test("scales along the wrong channels are named with their layer, by the gap and by the QDQ form", async () => {
  const plan = experimentOf([scheme("static", { samples: 64 })]);
  const { records, report } = await runInjected(plan, {
    engine: (real) =>
      tampering(real, ({ node, initializer }) => {
        const gemm = node.find(({ opType, input }) => opType === "QGemm" && input[3]?.startsWith("dense_2"));
        const scale = initializer.find(({ name }) => name === gemm?.input[4]);
        if (!scale) return;
        // Each channel gets the scale of its mirror image: as many as are needed, so that no engine objects.
        const scales = new Float32Array(Uint8Array.from(scale.rawData).buffer);
        scale.rawData = new Uint8Array(scales.reverse().buffer);
      }),
  });
  const trial = records[1];
  expect(trial?.status === "completed" && trial.attestation).toMatchObject({
    attested: false,
    crossCheck: { layer: "dense_2" },
  });
  const text = report.replace(/\s+/g, " ");
  expect(text).toContain("QOperator and QDQ form of the same scheme disagree on this engine");
  expect(text).toContain("it begins in layer dense_2");
});
