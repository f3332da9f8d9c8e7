import { isBuiltin } from "node:module";
import { dirname, join } from "node:path";
import ts from "typescript";
import { ownPackage } from "../../base/package.js";
import { NAMES_MODULE, namesFile } from "./slots.js";

/** A module of the notebook itself: `./<names>`, `./<slot 3 in node>`. */
const NOTEBOOK_MODULE = /^\.\/<[^/<>]+>$/u;
const OWN_NAME = "nibble-quant";

/** Finds the types of modules: from the notebook's folder, and for packages that are not there from Nibble's own. */
export interface Resolution {
  /** What is known of packages; TypeScript asks for the package.json of every file. */
  readonly cache: ts.ModuleResolutionCache;
  module(specifier: string, importer: string): ts.ResolvedModuleWithFailedLookupLocations;
  typeDirective(name: string, importer: string): ts.ResolvedTypeReferenceDirectiveWithFailedLookupLocations;
}

/**
 * @param extension of the notebook's own files: ".ts" or ".tsx"
 * @param program the program that the resolution is for, as `Slots` calls it
 */
export function createResolution(
  folder: string,
  options: ts.CompilerOptions,
  extension: ".ts" | ".tsx",
  program: string,
): Resolution {
  const canonical = (name: string) => (ts.sys.useCaseSensitiveFileNames ? name : name.toLowerCase());
  const cache = withPlainNames(ts.createModuleResolutionCache(folder, canonical, options));
  /** What cells import and was found; what was not is looked for again, for the user may install it. */
  const found = new Map<string, Found>();
  /** What files of packages import: packages stay as they are while a notebook is open. */
  const foundInPackages = new Map<string, Found>();
  const directives = new Map<string, ts.ResolvedTypeReferenceDirectiveWithFailedLookupLocations>();
  const own = join(ownPackage().folder, "cell.ts");
  const find = (specifier: string, importer: string): Found => {
    if (importer.includes("/node_modules/")) return ts.resolveModuleName(specifier, importer, options, ts.sys, cache);
    const key = `${dirname(importer)} ${specifier}`;
    const earlier = found.get(key);
    if (earlier && ts.sys.fileExists(earlier.resolvedModule?.resolvedFileName ?? "")) return earlier;
    const result = ts.resolveModuleName(specifier, importer, options, ts.sys);
    if (result.resolvedModule) found.set(key, result);
    return result;
  };
  const fromHereOrOwn = (specifier: string, importer: string): Found => {
    const result = find(specifier, importer);
    // A checkout finds itself by name, and a quick build of it has no declarations.
    const untyped = specifier === OWN_NAME && result.resolvedModule?.extension === ts.Extension.Js;
    if ((result.resolvedModule && !untyped) || /^[./]/u.test(specifier)) return result;
    return specifier === OWN_NAME ? ownTypes() : find(specifier, own);
  };
  const directive = (name: string, importer: string) => {
    const result = ts.resolveTypeReferenceDirective(name, importer, options, ts.sys);
    if (result.resolvedTypeReferenceDirective?.resolvedFileName) return result;
    const { typeRoots: _, ...others } = options;
    return ts.resolveTypeReferenceDirective(name, own, others, ts.sys);
  };
  return {
    cache,
    module(specifier, importer) {
      if (NOTEBOOK_MODULE.test(specifier)) {
        const file = specifier === NAMES_MODULE ? namesFile(program) : specifier.slice(2);
        const resolvedFileName = `${folder}/${file}${extension}`;
        return { resolvedModule: { resolvedFileName, extension, isExternalLibraryImport: false } } as Found;
      }
      // Node's types declare Node's modules; TypeScript prefers them to a package of the same name.
      if (isBuiltin(specifier)) return NOT_FOUND;
      if (!importer.includes("/node_modules/")) return fromHereOrOwn(specifier, importer);
      const key = `${dirname(importer)} ${specifier}`;
      return foundInPackages.get(key) ?? keep(foundInPackages, key, fromHereOrOwn(specifier, importer));
    },
    typeDirective(name, importer) {
      const key = `${dirname(importer)} ${name}`;
      const known = directives.get(key);
      if (known) return known;
      const result = directive(name, importer);
      return result.resolvedTypeReferenceDirective ? keep(directives, key, result) : result;
    },
  };
}

type Found = ts.ResolvedModuleWithFailedLookupLocations;

const NOT_FOUND: Found = { resolvedModule: undefined };

function keep<T>(map: Map<string, T>, key: string, value: T): T {
  map.set(key, value);
  return value;
}

/**
 * A program asks for the package.json in every folder above each of its files whenever it is made anew, and TypeScript's
 * cache normalizes the name each time. Names that were asked for once are answered from a plain map.
 */
function withPlainNames(cache: ts.ModuleResolutionCache): ts.ModuleResolutionCache {
  const inner = cache.getPackageJsonInfoCache() as PackageFiles;
  const known = new Map<string, object>();
  const get = inner.getPackageJsonInfo.bind(inner);
  // The cache passes this very object on to what resolves modules.
  inner.getPackageJsonInfo = (name) => {
    const earlier = known.get(name);
    if (earlier) return earlier;
    const found = get(name);
    // What is no package.json yet may become one outside of packages.
    return found && name.includes("/node_modules/") ? keep(known, name, found) : found;
  };
  return cache;
}

/** The part of `ts.PackageJsonInfoCache` that its public type leaves out. */
type PackageFiles = ts.PackageJsonInfoCache & { getPackageJsonInfo(name: string): object | undefined };

/** Types of this very package: of its build, or of its sources where nothing is built. */
function ownTypes(): Found {
  const { folder } = ownPackage();
  const built = join(folder, "dist", "index.d.ts");
  const [resolvedFileName, extension] = ts.sys.fileExists(built)
    ? [built, ts.Extension.Dts]
    : [join(folder, "src", "index.ts"), ts.Extension.Ts];
  return { resolvedModule: { resolvedFileName, extension, isExternalLibraryImport: true } } as Found;
}
