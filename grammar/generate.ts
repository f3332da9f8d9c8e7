import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createSyntaxDiagramsCode, generateCstDts } from "chevrotain";
import { NibbleParser } from "./parser.js";

/** Types of the concrete syntax tree, as `cst.ts` holds them. */
export function cstTypes(): string {
  const types = generateCstDts(new NibbleParser({ validate: true }).getGAstProductions(), {
    visitorInterfaceName: "NibbleCstVisitor",
  });
  return `// Generated from parser.ts by "npx tsx grammar/generate.ts". Do not edit.\n// biome-ignore-all format: generated\n// biome-ignore-all lint: generated\n${types}`;
}

/** Railroad diagrams of every rule as one HTML page. */
export function railroadDiagrams(): string {
  return createSyntaxDiagramsCode(new NibbleParser({ validate: true }).getSerializedGastProductions());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL("cst.ts", import.meta.url), cstTypes());
  const target = process.argv[2];
  if (target !== undefined) writeFileSync(target, railroadDiagrams());
}
