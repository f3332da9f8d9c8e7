import ts from "typescript";
import { isFaultless, reachesOutside, replaceText } from "./replace-text.js";
import type { Resolution } from "./resolve.js";

/** A language service over virtual files of the notebook and real files of the disk. */
export interface CellProgram {
  readonly service: ts.LanguageService;
  readonly resolution: Resolution;
  /**
   * Replaces the text of the cell that is looked at.
   * @param modules that it imports
   */
  setCurrent(text: string, modules: readonly string[]): void;
  /** What TypeScript says of the current text, its own grammar included. */
  diagnostics(): readonly ts.Diagnostic[];
  /** The notebook's other files changed, or the roots did. */
  changed(): void;
  /** Parses a declaration file that the program is about to need; returns its text, undefined when it cannot be read. */
  parse(file: string): string | undefined;
}

export interface CellProgramOptions {
  readonly folder: string;
  readonly options: ts.CompilerOptions;
  readonly resolution: Resolution;
  readonly registry: ts.DocumentRegistry;
  /** Full name of the file that `setCurrent` sets. */
  readonly current: string;
  /** Files that belong to the program beside the current one and what they import. */
  roots(): readonly string[];
  /** A file of the notebook; undefined for others. */
  source(file: string): { readonly text: string; readonly version: string } | undefined;
}

/** One program among several of a notebook; source files of libraries are shared through `registry`. */
export function createProgram(given: CellProgramOptions): CellProgram {
  const { folder, options, resolution, current } = given;
  /** Of the current text, and of the whole program as the service must see it. */
  let version = 0;
  let whole = 0;
  let text = "";
  /** The program that takes further texts in place; undefined when the next one needs a new program. */
  let held: Held | undefined;
  const snapshots = new Map<string, ts.IScriptSnapshot>();
  const virtual = (file: string) => (file === current ? text : given.source(file)?.text);
  // The service passes the cache on to its programs, although its type does not say so.
  const host: ts.LanguageServiceHost & Pick<ts.CompilerHost, "getModuleResolutionCache"> = {
    getModuleResolutionCache: () => resolution.cache,
    getProjectVersion: () => String(whole),
    getScriptFileNames: () => [...given.roots(), current],
    getScriptVersion: (file) => {
      if (file === current) return String(version);
      if (snapshots.has(file)) return LIBRARY_VERSION;
      const source = given.source(file);
      if (source) return source.version;
      if (isLibrary(file)) return LIBRARY_VERSION;
      return String(ts.sys.getModifiedTime?.(file)?.getTime() ?? 0);
    },
    getScriptSnapshot(file) {
      const kept = snapshots.get(file);
      if (kept) return kept;
      const known = virtual(file);
      if (known !== undefined) return ts.ScriptSnapshot.fromString(known);
      const read = ts.sys.readFile(file);
      if (read === undefined) return undefined;
      const snapshot = ts.ScriptSnapshot.fromString(read);
      if (isLibrary(file)) snapshots.set(file, snapshot);
      return snapshot;
    },
    getCurrentDirectory: () => folder,
    getCompilationSettings: () => options,
    getDefaultLibFileName: (settings) => ts.getDefaultLibFilePath(settings),
    fileExists: (file) => virtual(file) !== undefined || ts.sys.fileExists(file),
    readFile: (file) => virtual(file) ?? ts.sys.readFile(file),
    readDirectory: ts.sys.readDirectory,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
    ...(ts.sys.realpath ? { realpath: ts.sys.realpath } : {}),
    useCaseSensitiveFileNames: () => ts.sys.useCaseSensitiveFileNames,
    resolveModuleNameLiterals: (literals, importer) =>
      literals.map(({ text: name }) => resolution.module(name, importer)),
    resolveTypeReferenceDirectiveReferences: (references, importer) =>
      references.map((reference) =>
        resolution.typeDirective(typeof reference === "string" ? reference : reference.fileName, importer),
      ),
  };
  const service = ts.createLanguageService(host, given.registry);
  const renew = () => {
    held = undefined;
    whole++;
  };
  return {
    service,
    resolution,
    setCurrent(next, modules) {
      if (next === text) return;
      text = next;
      version++;
      const outside = reachesOutside(next);
      if (held && !outside && canTake(held, next, modules)) {
        replaceText(held.file, next, options);
        held = { ...held, replaced: true, edits: held.edits + 1, characters: held.characters + next.length };
        return;
      }
      renew();
      const program = service.getProgram();
      const file = program?.getSourceFile(current);
      if (program && file && !outside) {
        held = { program, file, modules: new Set(modules), replaced: false, edits: 0, characters: 0 };
      }
    },
    diagnostics() {
      if (held?.replaced) {
        if (isFaultless(held.file, held.program)) return [];
        renew();
      }
      const found = [...service.getSyntacticDiagnostics(current), ...service.getSemanticDiagnostics(current)];
      // The checker remembers what it said of this text, and would say it of the next.
      if (found.length > 0) held = undefined;
      return found;
    },
    changed: renew,
    parse(file) {
      const snapshot = host.getScriptSnapshot(file);
      if (snapshot === undefined) return undefined;
      const path = (ts.sys.useCaseSensitiveFileNames ? file : file.toLowerCase()) as ts.Path;
      const key = given.registry.getKeyForCompilationSettings(options);
      const packageFiles = resolution.cache.getPackageJsonInfoCache();
      const impliedNodeFormat = ts.getImpliedNodeFormatForFile(file, packageFiles, ts.sys, options);
      const settings = { languageVersion: options.target ?? ts.ScriptTarget.ESNext, impliedNodeFormat };
      const known = host.getScriptVersion(file);
      given.registry.acquireDocumentWithKey(file, path, options, key, snapshot, known, undefined, settings);
      return snapshot.getText(0, snapshot.getLength());
    },
  };
}

const LIBRARY_VERSION = "library";

/** A program whose current file has had other texts in its place. */
interface Held {
  readonly program: ts.Program;
  readonly file: ts.SourceFile;
  readonly modules: ReadonlySet<string>;
  /** Whether the file has another text than the service knows of. */
  readonly replaced: boolean;
  readonly edits: number;
  readonly characters: number;
}

/** A checker keeps all that it has seen: after so many texts a new one is made. */
const MOST_EDITS = 200;
const MOST_CHARACTERS = 500_000;

function canTake(held: Held, text: string, modules: readonly string[]): boolean {
  return (
    held.edits < MOST_EDITS &&
    held.characters + text.length <= MOST_CHARACTERS &&
    held.modules.size === new Set(modules).size &&
    modules.every((name) => held.modules.has(name))
  );
}

/**
 * A registry of parsed files for all programs of a notebook. A program asks anew for each of its files whenever one of
 * them changed; those of libraries are answered at once.
 */
export function createRegistry(): ts.DocumentRegistry {
  const registry = ts.createDocumentRegistry(ts.sys.useCaseSensitiveFileNames);
  const libraries = new Map<string, ts.SourceFile>();
  return {
    ...registry,
    acquireDocumentWithKey(...given) {
      const file = registry.acquireDocumentWithKey(...given);
      const [, path, , , , version] = given;
      if (version === LIBRARY_VERSION) libraries.set(path, file);
      return file;
    },
    updateDocumentWithKey(...given) {
      const [, path, , , , version] = given;
      const known = version === LIBRARY_VERSION ? libraries.get(path) : undefined;
      return known ?? registry.updateDocumentWithKey(...given);
    },
  };
}

/** Files that nobody edits while a notebook is open. */
function isLibrary(file: string): boolean {
  return file.includes("/node_modules/") || file.endsWith(".d.ts");
}
