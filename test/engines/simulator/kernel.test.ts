import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { binaryModule } from "../../../src/engines/simulator/kernel/build.js";

test("the WebAssembly that ships is what its source makes", async () => {
  const shipped = new URL("../../../src/engines/simulator/kernel/binary.ts", import.meta.url);
  expect(readFileSync(shipped, "utf8")).toBe(await binaryModule());
});
