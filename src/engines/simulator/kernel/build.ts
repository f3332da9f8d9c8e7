import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import loadWabt from "wabt";
import { kernelText } from "./source.js";

/** The module `binary.ts`, made from `source.ts`. */
export async function binaryModule(): Promise<string> {
  const { parseWat } = await loadWabt();
  const { buffer } = parseWat("kernel.wat", kernelText(), { simd: true, sat_float_to_int: true }).toBinary({});
  const lines =
    Buffer.from(buffer)
      .toString("base64")
      .match(/.{1,100}/g) ?? [];
  return `/** The loops of source.ts. Generated from it by "npx tsx src/engines/simulator/kernel/build.ts"; do not edit. */
export const kernelBinary =
${lines.map((line) => `  "${line}"`).join(" +\n")};
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL("binary.ts", import.meta.url), await binaryModule());
}
