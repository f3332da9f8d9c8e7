import { chmodSync, lstatSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { haveJupyter, runJupyter } from "../jupyter/installed.js";
import { digits, nibble, project, startNibble } from "./command.js";

interface Output {
  readonly output_type: string;
  readonly text?: readonly string[];
  readonly ename?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

interface Cell {
  readonly execution_count: number | null;
  readonly outputs: readonly Output[];
  readonly source: string | readonly string[];
}

type Code = string | { readonly source: string; readonly tags: readonly string[] };

/** A scratch project that holds notebooks, by name, of the kernel `nibble-ts` unless another is given. */
function notebooks(files: Readonly<Record<string, readonly Code[] | string>>, kernel = "nibble-ts"): string {
  const folder = project("");
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), typeof content === "string" ? content : notebook(content, kernel));
  }
  return folder;
}

function notebook(code: readonly Code[], kernel: string): string {
  const cells = code.map((each, i) => ({
    cell_type: "code",
    id: `c${i}`,
    metadata: { tags: typeof each === "string" ? [] : each.tags },
    outputs: [],
    execution_count: null,
    source: typeof each === "string" ? each : each.source,
  }));
  const metadata = { kernelspec: { name: kernel, display_name: kernel } };
  return JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 5 });
}

const read = (folder: string, name: string) => readFileSync(join(folder, name), "utf8");
const cellsOf = (folder: string, name: string): readonly Cell[] => JSON.parse(read(folder, name)).cells;
/** `[1] stdout`, `[2] RangeError`, `[null]`: what a saved notebook holds. */
const saved = (folder: string, name: string) =>
  cellsOf(folder, name).map(({ execution_count, outputs }) => {
    const shown = outputs.map(({ output_type, ename, text }) => ename ?? text?.join("") ?? output_type);
    return [`[${execution_count}]`, ...shown].join(" ");
  });

/** Fails where Jupyter's own reader would not take what we wrote. */
function expectValid(folder: string, name: string): void {
  if (!haveJupyter) return;
  const script = "import sys, nbformat; nbformat.validate(nbformat.read(sys.argv[1], as_version=4))";
  expect(runJupyter(["-W", "error", "-c", script, join(folder, name)])).toMatchObject({ status: 0, stderr: "" });
}

const experiment = (expected = "") => `${digits()}
experiment sweep {
  model net
  data rows
  try dynamic { weights: int8 }
  measure accuracy, size
  ${expected}
}`;

describe("nibble run", () => {
  test("a notebook of both languages: texts on stdout, -o as Jupyter reads it, records with --json", async () => {
    const folder = notebooks({
      "é.ipynb": [
        { source: "const who = 'nobody', count = 1", tags: ["parameters"] },
        "console.log(who, '✓'); console.error('aside'); count + 1",
        `param most = 1%\n${experiment("expect dynamic.accuracy_drop < 5%")}`,
        "sweep.records.length",
      ],
    });
    const set = ["-p", "who=wörld", "-p", "count=41", "-p", "most=2%", "--quick", "--workers", "2"];
    const text = await nibble(["run", "é.ipynb", "-o", "out.ipynb", ...set], folder);
    expect(text).toMatchObject({ code: 0 });
    expect(text.stdout).toMatch(/^wörld ✓\n42\n/);
    expect(text.stdout).toContain("\n dynamic ");
    expect(text.stdout).toMatch(/\n2\n$/);
    expect(text.stderr).toMatch(/\[1\/6\] <cell 1>\n.*aside\n.*\[6\/6\] <cell 6>\n$/s);
    const firstLines = cellsOf(folder, "out.ipynb").map(({ source }) => [source].flat().join("").split("\n", 1)[0]);
    expect(firstLines).toEqual([
      "const who = 'nobody', count = 1",
      "// Parameters",
      "%%nibble",
      expect.stringContaining("console.log"),
      "param most = 1%",
      "sweep.records.length",
    ]);
    const shown = cellsOf(folder, "out.ipynb")[4]?.outputs.flatMap(({ data = {} }) => Object.keys(data));
    expect(shown).toEqual(expect.arrayContaining(["text/html", "image/svg+xml", "text/plain"]));
    expectValid(folder, "out.ipynb");

    const json = await nibble(["run", "é.ipynb", "--json", "--quiet", ...set], folder);
    expect(json).toMatchObject({ code: 0, stderr: "aside\n" });
    const records = json.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(records.map(({ scheme, status }) => `${scheme.name} ${status}`)).toEqual([
      "fp32 completed",
      "dynamic completed",
    ]);
  });

  test("an expectation that does not hold is 1, a Nibble cell that cannot begin 2", async () => {
    const folder = notebooks({ "a.ipynb": [experiment("expect dynamic.size < 1kB")] }, "nibble");
    expect(await nibble(["run", "a.ipynb", "--quiet"], folder)).toMatchObject({ code: 1, stdout: "", stderr: "" });
    writeFileSync(join(folder, "b.ipynb"), notebook(["%%ts\n1", '\nmodel m = tfjs("absent.json")'], "nibble"));
    const wrong = await nibble(["run", "b.ipynb"], folder);
    expect(wrong).toMatchObject({ code: 2, stdout: "1\n" });
    expect(wrong.stderr).toContain("error[model-not-found] <cell 2>:2:16");
  });

  test("a cell that fails ends the run with 3, and -o holds what was done; raises-exception goes on", async () => {
    const folder = notebooks({
      "a.ipynb": [
        { source: "throw new TypeError('meant')", tags: ["raises-exception"] },
        "console.log('before')",
        "JSON.parse('{')",
        "console.log('after')",
      ],
    });
    const { code, stdout, stderr } = await nibble(["run", "a.ipynb", "-o", "a.ipynb"], folder);
    expect({ code, stdout }).toEqual({ code: 3, stdout: "before\n" });
    expect(stderr).toMatch(/SyntaxError: .*\n> 1 \| JSON\.parse.*at <cell 3>:1:6\n$/s);
    expect(saved(folder, "a.ipynb")).toEqual(["[1] TypeError", "[2] before\n", "[3] SyntaxError", "[null]"]);
    expectValid(folder, "a.ipynb");
  });

  test("Ctrl-C is 130, keeps what was done, and later cells do not run", async () => {
    const folder = notebooks({ "a.ipynb": ["1", "console.error('begun'); while (true);", "3"] });
    const run = startNibble(["run", "a.ipynb", "-o", "out.ipynb"], folder);
    await run.printed("begun");
    run.child.kill("SIGINT");
    expect(await run.finished).toMatchObject({ code: 130, stdout: "1\n" });
    expect(saved(folder, "out.ipynb")).toEqual(["[1] execute_result", "[2] begun\n KeyboardInterrupt", "[null]"]);
    expectValid(folder, "out.ipynb");
  });

  test("a run that is killed leaves the cells that were done, whole", async () => {
    const folder = notebooks({ "a.ipynb": ["1", "console.error('begun'); await new Promise(() => {})"] });
    const run = startNibble(["run", "a.ipynb", "-o", "out.ipynb"], folder);
    await run.printed("begun");
    run.child.kill("SIGKILL");
    await run.finished;
    expect(saved(folder, "out.ipynb")).toEqual(["[1] execute_result", "[null]"]);
    expectValid(folder, "out.ipynb");
  });

  test("an -o that cannot be written ends the run before the first cell", async () => {
    const folder = notebooks({ "a.ipynb": ["console.log(1)"] });
    const { code, stdout, stderr } = await nibble(["run", "a.ipynb", "-o", "a.ipynb/out.ipynb"], folder);
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(stderr).toContain("error[notebook-not-written]: a.ipynb/out.ipynb cannot be written");
  });

  test("no cells: nothing runs; an unknown parameter is 2", async () => {
    const folder = notebooks({ "none.ipynb": [], "a.ipynb": [{ source: "const samples = 1", tags: ["parameters"] }] });
    expect(await nibble(["run", "none.ipynb", "-o", "out.ipynb"], folder)).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(saved(folder, "out.ipynb")).toEqual([]);
    const unknown = await nibble(["run", "a.ipynb", "-p", "sampels=3"], folder);
    expect(unknown).toMatchObject({ code: 2, stdout: "" });
    expect(unknown.stderr).toContain('did you mean "samples"?');
  });
});

test("nibble check: every mistake with its cell and line, in both languages; runs nothing", async () => {
  const folder = notebooks({
    "bad.ipynb": [
      "console.log('ran')\nconst n: number = 'a'",
      "%%nibble\n\nparam = 3",
      "%%python\nprint(1)",
      "n.toFixed()",
    ],
    "good.ipynb": ["const n = 3", experiment(), "sweep.records.length + n"],
  });
  const { code, stdout, stderr } = await nibble(["check", "bad.ipynb"], folder);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "bad.ipynb: 3 mistakes; 4 cells\n" });
  expect(stderr.match(/^error.*$/gm)?.map((line) => line.replace(/^(error\S* <cell \d>:\d+:\d+).*/, "$1"))).toEqual([
    "error[typescript-cell] <cell 1>:2:7",
    "error[unexpected-token] <cell 2>:3:7",
    "error[cell-magic] <cell 3>:1:1",
  ]);
  expect(await nibble(["check", "good.ipynb"], folder)).toEqual({
    code: 0,
    stdout: "good.ipynb: no mistakes; 3 cells\n",
    stderr: "",
  });
});

test("nibble fmt: Nibble cells in place, TypeScript as it is; a link and permissions stay", async () => {
  const folder = notebooks({ "real.ipynb": ["const  a=1", "%%nibble\nparam  k=3"] });
  chmodSync(join(folder, "real.ipynb"), 0o640);
  symlinkSync("real.ipynb", join(folder, "link.ipynb"));
  expect(await nibble(["fmt", "--check", "link.ipynb"], folder)).toEqual({
    code: 1,
    stdout: "link.ipynb: would be formatted\n",
    stderr: "",
  });
  expect(await nibble(["fmt", "link.ipynb"], folder)).toMatchObject({ code: 0, stdout: "link.ipynb: formatted\n" });
  expect(cellsOf(folder, "real.ipynb").map(({ source }) => source)).toEqual([
    "const  a=1",
    ["%%nibble\n", "param k = 3"],
  ]);
  expect(lstatSync(join(folder, "link.ipynb")).isSymbolicLink()).toBe(true);
  expect(lstatSync(join(folder, "real.ipynb")).mode & 0o777).toBe(0o640);
});

test("what is no notebook of ours has one reason each, and the others are formatted", async () => {
  const folder = notebooks({
    "broken.ipynb": "{",
    "list.ipynb": "[]",
    "old.ipynb": '{"nbformat": 3, "worksheets": []}',
    "deep.ipynb": "[".repeat(100_000),
    "huge.ipynb": "",
    "syntax.ipynb": ["%%nibble\n\nparam = 3"],
    "good.ipynb": ["%%nibble\nparam  k=3"],
  });
  writeFileSync(join(folder, "python.ipynb"), notebook(["print(1)"], "python3"));
  writeFileSync(join(folder, "latin.ipynb"), Buffer.from([0x22, 0xe9, 0x22]));
  // A file with holes: large, and takes no room.
  truncateSync(join(folder, "huge.ipynb"), 300 * 2 ** 20);
  const names = ["absent", "broken", "list", "old", "deep", "huge", "latin", "python", "syntax", "good"];
  const { code, stdout, stderr } = await nibble(["fmt", ...names.map((name) => `${name}.ipynb`)], folder);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "good.ipynb: formatted\n" });
  expect(stderr.match(/^error.*$/gm)?.map((line) => line.replace(/\(.*\)/, "(...)"))).toMatchInlineSnapshot(`
    [
      "error[notebook-unreadable]: absent.ipynb cannot be read as a notebook: there is no such file",
      "error[notebook-unreadable]: broken.ipynb cannot be read as a notebook: it is not JSON (...)",
      "error[notebook-unreadable]: list.ipynb cannot be read as a notebook: it is not a JSON object",
      "error[notebook-unreadable]: old.ipynb cannot be read as a notebook: its format is 3, not 4; \`jupyter nbconvert --to notebook --nbformat 4\` converts it",
      "error[notebook-unreadable]: deep.ipynb cannot be read as a notebook: it is not JSON (...)",
      "error[notebook-unreadable]: huge.ipynb cannot be read as a notebook: it is larger than 256 MB",
      "error[notebook-unreadable]: latin.ipynb cannot be read as a notebook: it is not UTF-8 text",
      "error[notebook-language]: python.ipynb is a notebook of the kernel "python3"; Nibble runs TypeScript and Nibble cells",
      "error[unexpected-token] <cell 1>:3:7: expected a name, found "="",
    ]
  `);
});
