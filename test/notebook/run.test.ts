import { expect, test } from "vitest";
import type { CellReply, CellRequest, Interpreter } from "../../src/cells/interpreter.js";
import { readNotebook } from "../../src/notebook/nbformat.js";
import { type ExperimentOutcome, runNotebook } from "../../src/notebook/run.js";

const cell = (source: string, ...tags: string[]) => ({
  cell_type: "code",
  id: "c",
  metadata: { tags },
  outputs: [{ output_type: "stream", name: "stdout", text: ["old"] }],
  execution_count: 9,
  source,
});
const notebook = (...cells: object[]) => readNotebook(JSON.stringify({ cells, metadata: {}, nbformat: 4 }));

/** Answers cells by what `reply` says; the rest of an interpreter is never asked for here. */
function answering(reply: (request: CellRequest) => CellReply): Pick<Interpreter, "execute"> {
  return { execute: async (request) => reply(request) };
}

async function run(
  cells: readonly object[],
  reply: (request: CellRequest) => CellReply,
  stopped: (done: number) => boolean = () => false,
) {
  const starts: string[] = [];
  const experiments: ExperimentOutcome[] = [];
  let done = 0;
  const ending = await runNotebook(
    notebook(...cells),
    "typescript",
    answering(reply),
    {
      onStart: (index, total) => void starts.push(`${index}/${total}`),
      onOutput: () => {},
      onExperiment: (outcome) => void experiments.push(outcome),
      onEnd: async () => {
        done += 1;
      },
    },
    () => stopped(done),
  );
  return { ending, starts, experiments };
}

const failing: CellReply = { status: "error", error: { ename: "E", evalue: "", traceback: [] } };
const counts = ({ ending }: Awaited<ReturnType<typeof run>>) =>
  ending.notebook.cells.map(({ json }) => [json.execution_count, (json.outputs as readonly unknown[]).length]);

test("cells are numbered as they run; texts and empty cells are passed over, and old outputs are gone", async () => {
  const text = { cell_type: "markdown", metadata: {}, source: "a" };
  const ran = await run([cell("1"), cell(" \n"), cell("2")], () => ({ status: "ok" }));
  expect(ran.starts).toEqual(["1/2", "2/2"]);
  expect(counts(ran)).toEqual([
    [1, 0],
    [null, 0],
    [2, 0],
  ]);
  const [first] = (await run([text], () => failing)).ending.notebook.cells;
  expect(first?.json).toEqual(text);
});

test("the first cell that fails ends the run, unless it is tagged raises-exception", async () => {
  const reply = ({ code }: CellRequest): CellReply => (code === "bad" ? failing : { status: "ok" });
  const ran = await run([cell("bad", "raises-exception"), cell("bad"), cell("1")], reply);
  expect(ran.ending.error).toMatchObject({ ename: "E" });
  expect(counts(ran)).toEqual([
    [1, 1],
    [2, 1],
    [null, 0],
  ]);
});

test("after a stop no cell begins", async () => {
  const ran = await run(
    [cell("1"), cell("2")],
    () => ({ status: "ok" }),
    (done) => done === 1,
  );
  expect(ran.starts).toEqual(["1/2"]);
});

test("experiments of a Nibble cell are asked for by name, and told with what was expected", async () => {
  const asked: string[] = [];
  const records = [{ trial: "a", status: "failed" }];
  const ran = await run([cell("experiment a {}\nexperiment b {}")], ({ expressions = {} }) => {
    asked.push(...Object.keys(expressions));
    const result = (expectations: readonly object[]) => ({
      status: "ok" as const,
      result: { data: { "application/json": { records, expectations } } },
    });
    return { status: "ok", expressions: { a: result([{ met: true }, { met: false }]), b: result([]), c: failing } };
  });
  expect(asked).toEqual(["a", "b"]);
  expect(ran.experiments).toEqual([
    { records, expectationsMet: false },
    { records, expectationsMet: true },
  ]);
});
