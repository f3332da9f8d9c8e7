import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { renderDiagnostic } from "../../src/base/diagnostic.js";
import { fileHost } from "../../src/run/host.js";
import { tf } from "../frontends/tfjs/parity.js";
import { save } from "../frontends/tfjs/saving.js";

test("a model with several outputs says which one is scored", async () => {
  const input = tf.input({ shape: [2], name: "x" });
  const heads = ["class", "box"].map((name) => tf.layers.dense({ name, units: 3 }).apply(input) as typeof input);
  const path = await save(tf.model({ inputs: input, outputs: heads }), mkdtempSync(join(tmpdir(), "nibble-host-")));
  const { remarks = [] } = await fileHost({ allowed: ["/"] }).describeModel({ name: "net", format: "tfjs", path });
  expect(remarks.map((d) => renderDiagnostic(d, new Map()))).toMatchInlineSnapshot(`
    [
      "warning[several-outputs]: the model has 2 outputs (class, box); accuracy is that of the first, "class"
         = hint: parity with TF.js and SQNR of layers cover all of them",
    ]
  `);
});
