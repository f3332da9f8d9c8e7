import { dirname, join } from "node:path";
import ts from "typescript";
import { ownPackage } from "../../base/package.js";

/** A module of the notebook itself: `./<cell 3>`. */
const NOTEBOOK_MODULE = /^\.\/<[^/<>]+>$/u;
const OWN_NAME = "nibble-quant";

/** Finds the types of modules: from the notebook's folder, and for packages that are not there from Nibble's own. */
export interface Resolution {
  /** What is known of packages; TypeScript asks for the package.json of every file. */
  readonly cache: ts.ModuleResolutionCache;
  module(specifier: string, importer: string): ts.ResolvedModuleWithFailedLookupLocations;
  typeDirective(name: string, importer: string): ts.ResolvedTypeReferenceDirectiveWithFailedLookupLocations;
}

/** @param extension of the notebook's own files: ".ts" or ".tsx" */
export function createResolution(folder: string, options: ts.CompilerOptions, extension: ".ts" | ".tsx"): Resolution {
  const canonical = (name: string) => (ts.sys.useCaseSensitiveFileNames ? name : name.toLowerCase());
  const cache = ts.createModuleResolutionCache(folder, canonical, options);
  /** What cells import and was found; what was not is looked for again, for the user may install it. */
  const found = new Map<string, Found>();
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
  return {
    cache,
    module(specifier, importer) {
      if (NOTEBOOK_MODULE.test(specifier)) {
        const resolvedFileName = `${folder}/${specifier.slice(2)}${extension}`;
        return { resolvedModule: { resolvedFileName, extension, isExternalLibraryImport: false } } as Found;
      }
      const result = find(specifier, importer);
      // A checkout finds itself by name, and a quick build of it has no declarations.
      const untyped = specifier === OWN_NAME && result.resolvedModule?.extension === ts.Extension.Js;
      if ((result.resolvedModule && !untyped) || /^[./]/u.test(specifier)) return result;
      return specifier === OWN_NAME ? ownTypes() : find(specifier, own);
    },
    typeDirective(name, importer) {
      const result = ts.resolveTypeReferenceDirective(name, importer, options, ts.sys);
      if (result.resolvedTypeReferenceDirective?.resolvedFileName) return result;
      const { typeRoots: _, ...others } = options;
      return ts.resolveTypeReferenceDirective(name, own, others, ts.sys);
    },
  };
}

type Found = ts.ResolvedModuleWithFailedLookupLocations;

/** Types of this very package: of its build, or of its sources where nothing is built. */
function ownTypes(): Found {
  const { folder } = ownPackage();
  const built = join(folder, "dist", "index.d.ts");
  const [resolvedFileName, extension] = ts.sys.fileExists(built)
    ? [built, ts.Extension.Dts]
    : [join(folder, "src", "index.ts"), ts.Extension.Ts];
  return { resolvedModule: { resolvedFileName, extension, isExternalLibraryImport: true } } as Found;
}
