import { toOnnx } from "../../src/backends/onnx/write.js";
import { DiagnosticError, renderDiagnostic } from "../../src/base/diagnostic.js";
import { type Random, seededRandom } from "../../src/base/random.js";
import type { Dim, Graph } from "../../src/ir/graph.js";
import { inferTypes } from "../../src/ir/infer.js";
import { interpret } from "../../src/ir/interpret.js";
import { verify } from "../../src/ir/verify.js";
import { prepare } from "../../src/quantize/passes/float/prepare.js";
import { elementCount, type Tensor, zeros } from "../../src/tensor/tensor.js";

/** Graphs whose values have more elements in all are verified and written, and not run: the interpreter is slow. */
const MOST_ELEMENTS = 200_000;

/** What many damaged inputs came to: diagnostics by code, and graphs. */
export type Outcomes = Readonly<Record<string, number>>;

/** `NIBBLE_FUZZ=20 npx vitest run test/fuzz` tries twenty times as many inputs. */
const TIMES = Number(process.env.NIBBLE_FUZZ ?? 1);

/**
 * Gives `open` damaged inputs. Each must come to a graph that verifies and runs, or to diagnostics with words.
 * @param open reads what the random source makes of a sound input, and lowers it
 * @throws {Error} naming the seeds of inputs that came to anything else
 */
export async function fuzz(
  seeds: { readonly first: number; readonly count: number },
  open: (random: Random) => Promise<Graph>,
): Promise<Outcomes> {
  const outcomes: Record<string, number> = {};
  const faults: string[] = [];
  const count = seeds.count * TIMES;
  for (let seed = seeds.first; seed < seeds.first + count; seed++) {
    try {
      const outcome = await outcomeOf(() => open(seededRandom(seed)));
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    } catch (error) {
      faults.push(`seed ${seed}: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }
  if (faults.length > 0) throw new Error(`${faults.length} of ${count}:\n${faults.slice(0, 20).join("\n")}`);
  return outcomes;
}

async function outcomeOf(open: () => Promise<Graph>): Promise<string> {
  let graph: Graph;
  try {
    graph = await open();
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    for (const each of error.diagnostics) checkWords(renderDiagnostic(each, new Map()));
    return error.diagnostics[0]?.code ?? "no diagnostic";
  }
  runAll(verify(graph, "frontend"));
  return "graph";
}

/** Words are for people: no record printed as an object, no endless line. */
function checkWords(text: string): void {
  if (/\[object |\bundefined\b/.test(text)) throw new Error(`a message says: ${text}`);
  if (text.length > 20_000) throw new Error(`a message of ${text.length} letters begins ${text.slice(0, 200)}`);
}

function runAll(graph: Graph): void {
  const prepared = prepare(graph);
  toOnnx(prepared);
  const sizes = [...inferTypes(graph).values()].map(({ shape }) => elementCount(concrete(shape)));
  if (sizes.reduce((sum, size) => sum + size, 0) > MOST_ELEMENTS) return;
  const feeds: Record<string, Tensor> = Object.fromEntries(
    graph.inputs.map(({ name, type }) => [name, zeros(type.dtype, concrete(type.shape))]),
  );
  const values = interpret(graph, feeds);
  for (const { name } of graph.outputs) if (!values.has(name)) throw new Error(`output "${name}" was not computed`);
}

const concrete = (shape: readonly Dim[]): number[] => shape.map((size) => (typeof size === "number" ? size : 1));
