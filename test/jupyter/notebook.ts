import { mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ownPackage } from "../../src/base/package.js";
import { runJupyter } from "./installed.js";
import { installNibbleKernels } from "./kernelspecs.js";

/** An output as a notebook holds it; text may be one string or lines. */
export interface Output {
  readonly output_type: "stream" | "display_data" | "execute_result" | "error";
  readonly name?: string;
  readonly text?: string | readonly string[];
  readonly data?: Readonly<Record<string, unknown>>;
  readonly ename?: string;
  readonly evalue?: string;
  readonly traceback?: readonly string[];
}

export interface Cell {
  readonly id: string;
  readonly cell_type: string;
  readonly execution_count?: number | null;
  readonly source: string | readonly string[];
  readonly outputs?: readonly Output[];
}

/** A folder as a user has it: a project of its own and Jupyter's settings apart from those of the machine. */
export interface Project {
  readonly folder: string;
  /** Environment in which Jupyter's programs see our kernels and touch nothing of the user's. */
  readonly env: Readonly<Record<string, string>>;
}

/** A scratch project in which both kernels are installed. */
export function newProject(): Project {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "nibble-jupyter-")));
  for (const name of [".nibble", ".jupyter"]) mkdirSync(join(folder, name));
  const own = (name: string) => join(folder, ".jupyter", name);
  const env = {
    JUPYTER_PATH: installNibbleKernels().jupyterPath,
    JUPYTER_CONFIG_DIR: own("config"),
    JUPYTER_DATA_DIR: own("data"),
    JUPYTER_RUNTIME_DIR: own("runtime"),
    XDG_DATA_HOME: own("share"),
    IPYTHONDIR: own("ipython"),
    NO_COLOR: "",
  };
  return { folder, env };
}

/** Puts a notebook of `fixtures/` into a folder; `{datasets}` becomes the folder of the shipped data. */
export function placeFixture(name: string, folder: string): string {
  const path = join(folder, name);
  const text = readFileSync(join(import.meta.dirname, "fixtures", name), "utf8");
  writeFileSync(path, text.replaceAll("{datasets}", join(ownPackage().folder, "datasets").replaceAll("\\", "/")));
  return path;
}

/** How a run of nbclient ended, and what it saved. */
export interface Ran {
  /** Name of the exception that nbclient raised, and its text. */
  readonly raised?: { readonly name: string; readonly text: string };
  /** Cells by id. */
  readonly cells: Readonly<Record<string, Cell>>;
}

const RUN = `
import json, sys, nbformat
from nbclient import NotebookClient
path, out, allow_errors = sys.argv[1], sys.argv[2], sys.argv[3] == "allow"
notebook = nbformat.read(path, as_version=4)
raised = None
try:
    NotebookClient(notebook, timeout=240, allow_errors=allow_errors, resources={"metadata": {"path": sys.argv[4]}}).execute()
except Exception as error:
    raised = {"name": type(error).__name__, "text": str(error)}
nbformat.validate(notebook)
nbformat.write(notebook, out)
print(json.dumps({"raised": raised}))
`;

/** Runs a notebook through nbclient, saves and validates what it holds then, and reads it back. */
export function runNotebook(path: string, { folder, env }: Project, errors: "stop" | "allow" = "stop"): Ran {
  const out = path.replace(/\.ipynb$/, ".out.ipynb");
  const { status, stdout, stderr } = runJupyter(["-c", RUN, path, out, errors, folder], { cwd: folder, env });
  if (status !== 0) throw new Error(`nbclient ended with ${status}: ${stderr}`);
  const { raised } = JSON.parse(stdout.trim().split("\n").at(-1) ?? "{}");
  const { cells } = JSON.parse(readFileSync(out, "utf8")) as { readonly cells: readonly Cell[] };
  return { cells: Object.fromEntries(cells.map((cell) => [cell.id, cell])), ...(raised ? { raised } : {}) };
}

/** `jupyter nbconvert` with arguments, in the project's folder. */
export function nbconvert(args: readonly string[], { folder, env }: Project): ReturnType<typeof runJupyter> {
  return runJupyter(["-m", "nbconvert", ...args], { cwd: folder, env });
}

/** Text of a field that may be lines. */
export function textOf(text: unknown): string {
  return Array.isArray(text) ? text.join("") : String(text ?? "");
}

/** Text without the colours of a terminal. */
export function plain(text: string): string {
  return text.replace(new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g"), "");
}
