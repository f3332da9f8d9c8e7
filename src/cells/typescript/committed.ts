import type { CellAnalysis } from "./analyze.js";
import type { NameKind } from "./declared-names.js";

/** A file of the notebook that declares names: a cell that ran, or a name that something else defined. */
export interface CommittedFile {
  /** `<cell 3>`. */
  readonly module: string;
  readonly text: string;
  /** What later cells may import from it. */
  readonly names: readonly string[];
  /** Another one for every file that was ever committed, so that a program never takes one for another. */
  readonly version: string;
  /** Offset in `text` at which the user's own text begins, and its length. */
  readonly start: number;
  readonly length: number;
  /** Modules of the notebook that it imports names from. */
  readonly uses: ReadonlySet<string>;
  /** Its types come from packages, directly or through other cells. */
  readonly packages: boolean;
}

/** A name that later cells can use. */
export interface CommittedName {
  readonly name: string;
  readonly kind: NameKind;
  readonly runtime: boolean;
  readonly file: CommittedFile;
  /** The import that has not been done yet, because only types needed the name. */
  readonly statement: string | undefined;
}

/** The names of a notebook, each with the last file that declares it. Files that no name needs are forgotten. */
export class Committed {
  readonly #names = new Map<string, CommittedName>();
  readonly #files = new Map<string, CommittedFile>();

  #versions = 0;

  get(name: string): CommittedName | undefined {
    return this.#names.get(name);
  }

  names(): IterableIterator<CommittedName> {
    return this.#names.values();
  }

  files(): IterableIterator<CommittedFile> {
    return this.#files.values();
  }

  add(
    unversioned: Omit<CommittedFile, "version" | "names">,
    names: readonly (Pick<CommittedName, "name" | "kind" | "runtime"> & { readonly statement?: string | undefined })[],
  ): void {
    const file = { ...unversioned, names: names.map(({ name }) => name), version: String(++this.#versions) };
    this.#files.set(file.module, file);
    for (const { name, kind, runtime, statement } of names)
      this.#names.set(name, { name, kind, runtime, file, statement });
    this.#forgetUnused();
  }

  clear(): void {
    this.#names.clear();
    this.#files.clear();
  }

  /** The committed names that a cell mentions, in the order in which they were declared. */
  mentionedBy(analysis: CellAnalysis): CommittedName[] {
    return [...analysis.mentioned].flatMap((name) => this.#names.get(name) ?? []);
  }

  /** These files, and the files that they use in turn. */
  withUsed(modules: Iterable<string>): ReadonlySet<CommittedFile> {
    const used = new Set<CommittedFile>();
    const keep = (module: string): void => {
      const file = this.#files.get(module);
      if (file === undefined || used.has(file)) return;
      used.add(file);
      for (const other of file.uses) keep(other);
    };
    for (const module of modules) keep(module);
    return used;
  }

  #forgetUnused(): void {
    const used = this.withUsed([...this.#names.values()].map(({ file }) => file.module));
    for (const [module, file] of this.#files) if (!used.has(file)) this.#files.delete(module);
  }
}
