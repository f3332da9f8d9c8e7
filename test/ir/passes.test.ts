import { expect, test } from "vitest";
import type { Graph, Pass } from "../../src/ir/graph.js";
import { runPasses } from "../../src/ir/passes.js";
import { parseGraph } from "../../src/ir/text.js";

const graph = parseGraph(`graph "g" {
  input %x: float32 [batch, 2]
  %y = Relu(%x) name "y"
  output %y: float32 [batch, 2]
}`);

const pass = (name: string, run: (graph: Graph) => Graph): Pass => ({ name, summary: "", run });
const rename = (name: string) => pass("rename", (g) => ({ ...g, name }));
const breakIt = pass("break-it", (g) => ({ ...g, nodes: [] }));

test("passes run in order, and one with nothing to do gives the same graph", () => {
  const same = pass("same", (g) => g);
  expect(runPasses(graph, [same])).toBe(graph);
  expect(runPasses(graph, []).name).toBe("g");
  expect(runPasses(graph, [rename("a"), same, rename("b")]).name).toBe("b");
});

test("a pass that leaves an illegal graph is named", () => {
  expect(() => runPasses(graph, [rename("a"), breakIt])).toThrow(
    'graph "a" is illegal after pass break-it: output "y" is not a value of the graph',
  );
});

test("a pass that throws is named, and so is the pass before which the graph was illegal", () => {
  const fail = pass("fail", () => {
    throw new Error("no weights");
  });
  expect(() => runPasses(graph, [fail])).toThrow("pass fail: no weights");
  expect(() => runPasses({ ...graph, nodes: [] }, [rename("a")])).toThrow('graph "g" is illegal before pass rename');
});
