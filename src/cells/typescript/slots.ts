import type { CommittedFile, CommittedName } from "./committed.js";

/** What every cell imports the names of earlier cells from; each program has its own. */
export const NAMES_MODULE = "./<names>";

/** Places that there are at first; twice as many when they are full. */
const FIRST = 16;

interface Source {
  readonly text: string;
  readonly version: string;
}

/**
 * The cells that ran, as files of one program. TypeScript walks all files of a program anew, those of TF.js too, when one of
 * them imports something else than before. So the cells take places in a fixed row of files; one file exports all their
 * names, `x` of the third as `$3_x`, and is all that a cell imports from: after a cell ran, the same files import the same.
 * Only cells that another one needs take a place.
 */
export class Slots {
  readonly #program: string;
  #places: (CommittedFile | undefined)[] = new Array<undefined>(FIRST).fill(undefined);
  /** Text of the file of names; made when it is read, for most cells run without it. */
  #names: Source | undefined;
  #version = 0;

  /** @param program a word that tells the files of this program from those of others */
  constructor(program: string) {
    this.#program = program;
  }

  /** Takes files into the program; each keeps the place that it has. True when any was not there before. */
  add(files: Iterable<CommittedFile>): boolean {
    const placed = new Set(this.#places);
    const fresh = [...files].filter((file) => !placed.has(file));
    for (const file of fresh) {
      const free = this.#places.indexOf(undefined);
      if (free >= 0) this.#places[free] = file;
      else this.#places.push(file, ...new Array<undefined>(this.#places.length - 1).fill(undefined));
    }
    if (fresh.length > 0) this.#changed();
    return fresh.length > 0;
  }

  /** Leaves out the files that are not among these. */
  keep(live: ReadonlySet<CommittedFile>): void {
    this.#places = this.#places.map((file) => (file && live.has(file) ? file : undefined));
    this.#changed();
  }

  /** A file by its name without folder and extension; undefined for one that is none of these. */
  source(name: string): Source | undefined {
    if (name === namesFile(this.#program)) {
      this.#names ??= { text: this.#namesText(), version: String(this.#version) };
      return this.#names;
    }
    const place = /^<slot (\d+) in (\w+)>$/u.exec(name);
    if (place?.[2] !== this.#program) return undefined;
    return this.#places[Number(place[1])] ?? { text: `import {} from "${NAMES_MODULE}";`, version: "empty" };
  }

  #changed(): void {
    this.#names = undefined;
    this.#version += 1;
  }

  #namesText(): string {
    return this.#places
      .map((file, slot) => {
        const names = (file?.names ?? []).map((name) => `${name} as ${nameIn(file, name)}`);
        return `export { ${names.join(", ")} } from "./<slot ${slot} in ${this.#program}>";`;
      })
      .join("\n");
  }
}

/** Name of the file, without folder and extension, that `NAMES_MODULE` is in a program. */
export function namesFile(program: string): string {
  return `<names in ${program}>`;
}

/** What `NAMES_MODULE` calls a name of a file. */
function nameIn(file: Pick<CommittedFile, "version"> | undefined, name: string): string {
  return `$${file?.version}_${name}`;
}

/**
 * One line that brings names of earlier cells into a cell with their real types. A `let` may be assigned by any cell,
 * which TypeScript allows for no import, so it is declared with the type that the earlier cell gives it.
 */
export function importLine(names: readonly CommittedName[]): string {
  const of = (wanted: boolean) => names.filter(({ kind }) => (kind === "let") === wanted);
  const imported = of(false).map(({ name, file }) => `${nameIn(file, name)} as ${name}`);
  const declared = of(true).map(
    ({ name, file }) => `declare let ${name}: typeof import("${NAMES_MODULE}").${nameIn(file, name)};`,
  );
  return [`import { ${imported.join(", ")} } from "${NAMES_MODULE}";`, ...declared].join(" ");
}
