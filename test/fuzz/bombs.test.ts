import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

interface Told {
  readonly name: string;
  readonly outcome: string;
  readonly megabytes: number;
}

/** Opens the bombs in a process of its own, which may have little memory and is stopped where it does not end. */
async function explode(kind: "layers" | "graph"): Promise<readonly Told[]> {
  const child = fileURLToPath(new URL("bombs-child.ts", import.meta.url));
  const args = ["--max-old-space-size=512", "--import", "tsx", child, kind];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 240_000 });
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Told);
}

const outcomes = (told: readonly Told[]) => Object.fromEntries(told.map(({ name, outcome }) => [name, outcome]));
const peak = (told: readonly Told[]) => Math.max(...told.map(({ megabytes }) => megabytes));

test("layers-models that ask for too much are refused, in bounded memory", async () => {
  const told = await explode("layers");
  expect(outcomes(told)).toMatchInlineSnapshot(`
    {
      "a chain of many layers": "graph",
      "a one-hot of a billion tokens": "layer-option",
      "an input of 2^60 elements": "layer-sizes",
      "brackets a million deep": "model-json-syntax",
      "objects five thousand deep": "model-json-depth",
      "pictures a million times as wide": "layer-sizes",
      "three million zeros": "model-json-shape",
      "two hundred thousand weights of nothing": "graph",
      "vectors repeated a billion times": "layer-option",
    }
  `);
  expect(peak(told)).toBeLessThan(700);
});

test("graph-models that ask for too much are refused, in bounded memory", async () => {
  const told = await explode("graph");
  expect(outcomes(told)).toMatchInlineSnapshot(`
    {
      "BroadcastTo 10^10 elements": "graph-op-inputs",
      "Fill of 10^10 elements": "graph-op-inputs",
      "OneHot of 2 billion classes": "graph-op-inputs",
      "Pad by 2 billion": "graph-op-inputs",
      "Range of 2^31 elements": "graph-op-inputs",
      "Tile to 10^10 elements": "graph-op-inputs",
      "a chain of many nodes": "graph",
      "a constant joined to itself forty times": "graph-op-inputs",
      "a value of the run joined to itself forty times": "graph-op-inputs",
    }
  `);
  expect(peak(told)).toBeLessThan(900);
});
