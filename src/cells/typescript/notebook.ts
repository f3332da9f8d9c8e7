import ts from "typescript";
import { AMBIENT_FILE, AMBIENT_TEXT } from "./ambient.js";
import { analyze, type CellAnalysis, isElided } from "./analyze.js";
import { Committed, type CommittedFile } from "./committed.js";
import { emitOptions } from "./emit.js";
import { type CellOptions, readOptions } from "./options.js";
import { parseAhead } from "./parse-ahead.js";
import { type CellProgram, createProgram, createRegistry } from "./program.js";
import { createResolution } from "./resolve.js";
import { importLine, Slots } from "./slots.js";
import { createTranspiler, type Transpiler } from "./transpile.js";

/** A cell as a text of a program. */
type CellText = Omit<CommittedFile, "module" | "version" | "names">;

/** A cell as a file of a program: the names it needs in front, its text, its exports behind. */
export interface CellFile extends CellText {
  readonly analysis: CellAnalysis;
  readonly program: CellProgram;
  /** Name of the file in the program. */
  readonly name: string;
}

/**
 * How much a cell needs: nothing but the ES library; Node's types and earlier cells; packages too. Three programs,
 * because a program checks in time that grows with what is in it, and most cells need little.
 */
type Reach = "library" | "node" | "packages";

type Source = Pick<CommittedFile, "text" | "version">;

/** The TypeScript side of one notebook: its options, the names of the cells that ran, and the programs that check. */
export class Notebook {
  readonly folder: string;
  readonly settings: CellOptions;
  readonly committed = new Committed();
  readonly transpiler: Transpiler;
  readonly #programs: Record<Reach, CellProgram>;
  readonly #slots = { library: new Slots("library"), node: new Slots("node"), packages: new Slots("packages") };
  readonly #extension: ".ts" | ".tsx";
  /** Modules whose declarations were parsed ahead. */
  readonly #loaded = new Set<string>();
  #libraryNames: ReadonlySet<string> | undefined;

  constructor(folder: string) {
    this.folder = ts.sys.resolvePath(folder);
    this.settings = readOptions(this.folder);
    this.#extension = this.settings.jsx ? ".tsx" : ".ts";
    this.transpiler = createTranspiler(`cell${this.#extension}`, emitOptions(this.settings.options));
    const registry = createRegistry();
    const program = (reach: Reach, options: ts.CompilerOptions, roots: () => string[]) =>
      createProgram({
        folder: this.folder,
        options,
        registry,
        resolution: createResolution(this.folder, options, this.#extension, reach),
        current: this.#currentFile(reach),
        roots,
        source: (file) => this.#source(file),
      });
    const ambient = `${this.folder}/${AMBIENT_FILE}`;
    this.#programs = {
      library: program("library", { ...this.settings.options, types: [] }, () => []),
      node: program("node", this.settings.options, () => [ambient]),
      packages: program("packages", this.settings.options, () => [ambient]),
    };
  }

  /** The programs share the files they parsed, so each needs a name of its own for the cell that only it looks at. */
  #currentFile(reach: Reach): string {
    return `${this.folder}/<cell in ${reach}>${this.#extension}`;
  }

  /** Parses what the packages of a cell declare, unless that was done before, a step a call of `next`. */
  *load(code: string): Generator<void> {
    if (!/\b(?:import|export|require)\b/u.test(code)) return;
    const fresh = this.analyze(code).modules.filter((name) => !this.#loaded.has(name));
    for (const name of fresh) this.#loaded.add(name);
    if (fresh.length > 0) yield* parseAhead(fresh, this.#currentFile("packages"), this.#programs.packages);
  }

  analyze(code: string): CellAnalysis {
    return analyze(code, this.settings.jsx, this.settings.jsxNames);
  }

  /** Makes a cell the current file of the least program that can check it. */
  open(code: string, analysis = this.analyze(code)): CellFile {
    const file = this.fileOf(code, analysis);
    return this.#openIn(this.#reach(analysis, file.packages), file, analysis);
  }

  /** Makes a text that is being typed the current file of a program that knows every global name. */
  openForEditing(code: string): CellFile {
    const analysis = this.analyze(code);
    const file = this.fileOf(code, analysis);
    return this.#openIn(file.packages ? "packages" : "node", file, analysis);
  }

  /** A cell as a file, with everything that it takes from earlier cells. */
  fileOf(code: string, analysis: CellAnalysis): CellText {
    const earlier = this.committed.mentionedBy(analysis);
    const head = `${importLine(earlier)}\n`;
    const exported = [...analysis.names.values()].filter((name) => !name.exported).map(({ name }) => name);
    const tail = `\nexport { ${exported.join(", ")} };`;
    return {
      text: `${head}${analysis.file.text}${tail}`,
      start: head.length + (analysis.objectLiteral ? 1 : 0),
      length: code.length,
      uses: new Set(earlier.map(({ file }) => file.module)),
      packages: analysis.modules.length > 0 || earlier.some(({ file }) => file.packages),
    };
  }

  commit(code: string, number: number, only?: readonly string[]): void {
    const analysis = this.analyze(code);
    const names = [...analysis.names.values()].filter(
      ({ name, runtime }) => !runtime || (only?.includes(name) ?? true),
    );
    if (names.length === 0) return;
    // Whether a module was loaded in this cell decides whether a later one must.
    const known = names.map((name) => (isElided(name, analysis) ? name : { ...name, statement: undefined }));
    this.committed.add({ ...this.fileOf(code, analysis), module: `<cell ${number}>` }, known);
    this.#changed();
  }

  define(name: string, type: string): void {
    const text = `export declare let ${name}: ${type};`;
    const file = { module: `<name ${name}>`, text, start: 0, length: 0, uses: new Set<string>() };
    this.committed.add({ ...file, packages: type.includes("import(") }, [{ name, kind: "let", runtime: true }]);
    this.#changed();
  }

  reset(): void {
    this.committed.clear();
    this.#changed();
  }

  /** Numbers of the cells that some name still needs. */
  liveCells(): number[] {
    return [...this.committed.files()].flatMap(({ module }) => {
      const number = /^<cell (\d+)>$/u.exec(module)?.[1];
      return number === undefined ? [] : [Number(number)];
    });
  }

  #openIn(reach: Reach, file: CellText, analysis: CellAnalysis): CellFile {
    const program = this.#programs[reach];
    if (this.#slots[reach].add(this.committed.withUsed(file.uses))) program.changed();
    program.setCurrent(file.text, analysis.modules);
    return { ...file, analysis, program, name: this.#currentFile(reach) };
  }

  #reach(analysis: CellAnalysis, packages: boolean): Reach {
    if (packages) return "packages";
    const known = this.#library();
    const needsMore = [...analysis.mentioned].some((name) => !known.has(name) && !analysis.bound.has(name));
    return needsMore || [...analysis.mentioned].some((name) => this.committed.get(name)) ? "node" : "library";
  }

  /** Names that the ES library declares. */
  #library(): ReadonlySet<string> {
    if (this.#libraryNames) return this.#libraryNames;
    const { service } = this.#programs.library;
    const program = service.getProgram();
    const file = program?.getSourceFile(this.#currentFile("library"));
    if (!program || !file) throw new Error("cells: the program of the ES library has no file");
    const all = ts.SymbolFlags.Value | ts.SymbolFlags.Type | ts.SymbolFlags.Namespace;
    const names = program
      .getTypeChecker()
      .getSymbolsInScope(file, all)
      .map(({ name }) => name);
    const without = new Set([...names, "undefined"]);
    // Names of the text that happened to be open are no part of the library.
    for (const name of file.statements.length === 0 ? [] : this.analyze(file.text).names.keys()) without.delete(name);
    this.#libraryNames = without;
    return without;
  }

  #changed(): void {
    const files = new Set(this.committed.files());
    this.#slots.node.keep(files);
    this.#slots.packages.keep(files);
    // Cells that import packages stay in the program whether or not the current cell needs them: loading them is dear.
    this.#slots.packages.add([...files].filter(({ packages }) => packages));
    this.#programs.node.changed();
    this.#programs.packages.changed();
  }

  #source(file: string): Source | undefined {
    if (!file.startsWith(`${this.folder}/<`)) return undefined;
    const name = file.slice(this.folder.length + 1);
    if (name === AMBIENT_FILE) return { text: AMBIENT_TEXT, version: "ambient" };
    if (!name.endsWith(this.#extension)) return undefined;
    const plain = name.slice(0, -this.#extension.length);
    return Object.values(this.#slots).reduce<Source | undefined>(
      (found, slots) => found ?? slots.source(plain),
      undefined,
    );
  }
}
