import { expect, test } from "vitest";
import { experimentOf, runInjected, scheme } from "./injected.js";
import { tampering } from "./tampered.js";

test("products that run in float are named by the report, with what ran, why, and that nothing is claimed", async () => {
  const plan = experimentOf([scheme("weight_only", { weights: "int4" }), scheme("static", { samples: 64 })]);
  const { records, report } = await runInjected(plan, {
    engine: (real) =>
      tampering(real, ({ node }) => {
        for (const { opType, attribute } of node) {
          if (opType !== "MatMulNBits") continue;
          for (const each of attribute) if (each.name === "accuracy_level") each.i = 0;
        }
      }),
  });
  const trial = records[1];
  expect(trial?.status === "completed" && trial.attestation).toMatchObject({
    attested: false,
    integerNodes: 0,
    fallen: [{ layer: "dense_1" }, { layer: "dense_2" }, { layer: "dense_3" }],
  });
  const sound = records[2];
  expect(sound?.status === "completed" && sound.attestation).toMatchObject({
    attested: true,
    crossCheck: { samples: 64, maxSteps: 0, sameTop: 1, integerNodes: 3 },
  });
  const text = report.replace(/\s+/g, " ");
  expect(text).toContain("(!) not everything ran as integers: 3 of 3 planned integer nodes did not run as integer");
  expect(text).toContain("at accuracy level 0, which multiplies in float");
  // The sound trial has its row, and no remark.
  expect(report.split("\n").filter((line) => line.includes("(!)") && line.includes("static"))).toEqual([]);
});
