/**
 * Opens each bomb of the list argv[2] ("layers" or "graph") in this process and prints a line of JSON about each: what came
 * of it, the seconds that it took, and the peak of the memory so far. A small model is opened first, so that code and TF.js's ways are loaded.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DiagnosticError } from "../../src/base/diagnostic.js";
import { openTfjs } from "../../src/frontends/tfjs-model.js";
import { inferTypes } from "../../src/ir/infer.js";
import { peakRssBytes } from "../../src/measure/memory.js";
import { prepare } from "../../src/quantize/passes/float/prepare.js";
import { type Bomb, graphBombs, layersBombs } from "./bombs.js";

const folder = mkdtempSync(join(tmpdir(), "nibble-bomb-"));
const path = join(folder, "model.json");

async function outcomeOf(bomb: Bomb): Promise<string> {
  const { json, weights } = bomb.files();
  writeFileSync(path, json);
  writeFileSync(join(folder, "weights.bin"), weights ?? new Uint8Array());
  try {
    inferTypes(prepare((await openTfjs(path)).lower({})));
    return "graph";
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics[0]?.code ?? "no diagnostic";
    return `${error instanceof Error ? error.stack?.slice(0, 500) : error}`;
  }
}

try {
  for (const bomb of process.argv[2] === "graph" ? graphBombs : layersBombs) {
    const start = performance.now();
    const outcome = await outcomeOf(bomb);
    const seconds = (performance.now() - start) / 1000;
    process.stdout.write(
      `${JSON.stringify({ name: bomb.name, outcome, seconds, megabytes: Math.round(peakRssBytes() / 2 ** 20) })}\n`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
