import type { Diagnostic } from "../../base/diagnostic.js";
import type { SourceFile } from "../../base/span.js";
import type { ProgramHost } from "../../language/host.js";
import { parseProgram } from "../../language/parse-program.js";
import { completeProgram } from "../../language/services/complete.js";
import { hoverProgram } from "../../language/services/hover.js";
import { isComplete } from "../../language/services/is-complete.js";
import { checkText, programHost } from "../../session/program.js";
import type { Completeness, Completion } from "../interpreter.js";
import type { MimeBundle } from "../outputs.js";
import { nibbleText } from "./text.js";

/** The Nibble side of a notebook in the kernel process: remembers the definitions of earlier cells and serves editors. */
export interface NibbleSession {
  /**
   * The earlier cells whose definitions (models, data, params, schemes) this cell can use, oldest first; a name that
   * the cell defines anew replaces the earlier one without a word. Their experiments can be diagnosed.
   */
  definitions(): readonly SourceFile[];
  /** Later cells can use the definitions of this one; a cell that cannot be read whole defines nothing. */
  commit(code: string, number: number): void;
  reset(): void;
  /** Mistakes of a cell against the real models and data; nothing runs. `$name` of the notebook is taken as known. */
  check(code: string, number: number): Promise<readonly Diagnostic[]>;
  complete(code: string, cursor: number): Promise<Completion>;
  inspect(code: string, cursor: number): Promise<MimeBundle | undefined>;
  isComplete(code: string): Completeness;
}

export interface NibbleSessionOptions {
  /** Folder of the notebook. */
  readonly folder: string;
  /** Folders, beside the project root, that cells may read. */
  readonly allow?: readonly string[] | undefined;
  /** Overrides of `param` statements, by name. */
  readonly parameters?: Readonly<Record<string, string | number>> | undefined;
  /** Names that `$name` can mean, for completion; none unless given. */
  readonly hostNames?: (() => readonly string[]) | undefined;
}

/** A cell that defines something. */
interface Defining {
  readonly file: SourceFile;
  /** `model cnn`, `data digits`; nothing for an import, whose names are not known here. */
  readonly names: ReadonlySet<string>;
  readonly imports: boolean;
}

/** What editors ask reads models and data through a host that remembers them this long, ms. */
const HOST_AGE = 5000;

export function createNibbleSession(options: NibbleSessionOptions): NibbleSession {
  let cells: readonly Defining[] = [];
  let host: { readonly made: number; readonly names: string; readonly host: ProgramHost } | undefined;

  const definitions = () => cells.map(({ file }) => file);
  const sourceOf = (code: string, number?: number): SourceFile => ({
    path: number === undefined ? "<cell>" : `<cell ${number}>`,
    text: nibbleText(code),
  });
  const editorHost = () => {
    const now = performance.now();
    const known = options.hostNames?.() ?? [];
    const names = known.join(" ");
    if (host === undefined || now - host.made > HOST_AGE || host.names !== names) {
      const values = new Map(known.map((name) => [name, undefined]));
      host = {
        made: now,
        names,
        host: programHost(sourceOf(""), { ...options, definitions: [], values, valuesUnknown: true }),
      };
    }
    return host.host;
  };

  return {
    definitions,
    commit(code, number) {
      const cell = definingOf(sourceOf(code, number));
      if (cell === undefined) return;
      const kept = cells.filter(({ file, names, imports }) => {
        const replaced = !imports && [...names].every((name) => cell.names.has(name));
        return !replaced && file.path !== cell.file.path;
      });
      cells = [...kept, cell];
      host = undefined;
    },
    reset() {
      cells = [];
      host = undefined;
    },
    async check(code, number) {
      const source = sourceOf(code, number);
      const earlier = definitions().filter(({ path }) => path !== source.path);
      const checked = await checkText(source, { ...options, definitions: earlier, valuesUnknown: true });
      return checked.diagnostics;
    },
    async complete(code, cursor) {
      const { start, end, items } = await completeProgram(sourceOf(code), cursor, editorHost(), definitions());
      return { start, end, items: items.map(({ text, kind, summary }) => ({ text, type: kind, signature: summary })) };
    },
    async inspect(code, cursor) {
      const hover = await hoverProgram(sourceOf(code), cursor, editorHost(), definitions());
      return hover && { data: { "text/markdown": hover.markdown, "text/plain": hover.text } };
    },
    isComplete: (code) => isComplete(nibbleText(code)),
  };
}

/** What a cell defines for later ones; undefined when it has mistakes of form, or nothing to define. */
function definingOf(file: SourceFile): Defining | undefined {
  const { program, diagnostics } = parseProgram(file);
  if (diagnostics.some(({ severity }) => severity === "error")) return undefined;
  const { statements } = program;
  const names = statements.flatMap((statement) =>
    "name" in statement ? [`${statement.kind} ${statement.name.name}`] : [],
  );
  const imports = statements.some(({ kind }) => kind === "import");
  return names.length > 0 || imports ? { file, names: new Set(names), imports } : undefined;
}
