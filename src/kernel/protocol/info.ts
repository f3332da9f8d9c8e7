import { createRequire } from "node:module";
import { ownPackage } from "../../base/package.js";
import type { CellLanguage } from "../../cells/interpreter.js";
import { PROTOCOL_VERSION } from "./sender.js";

/** What editors, exporters and highlighters need to know of each kernelspec's language. */
const languageInfo: Record<CellLanguage, object> = {
  typescript: {
    name: "typescript",
    version: compilerVersion(),
    mimetype: "application/typescript",
    file_extension: ".ts",
    codemirror_mode: "typescript",
    pygments_lexer: "typescript",
    nbconvert_exporter: "script",
  },
  nibble: {
    name: "nibble",
    version: ownPackage().version,
    mimetype: "text/x-nibble",
    file_extension: ".nib",
    pygments_lexer: "nibble",
    nbconvert_exporter: "script",
  },
};

/** Read from its package, for the compiler itself takes half a second to load. */
function compilerVersion(): string {
  return (createRequire(import.meta.url)("typescript/package.json") as { version: string }).version;
}

/** Content of kernel_info_reply. */
export function kernelInfo(language: CellLanguage): object {
  const { version } = ownPackage();
  const first = language === "nibble" ? "Nibble" : "TypeScript";
  return {
    status: "ok",
    protocol_version: PROTOCOL_VERSION,
    implementation: "nibble",
    implementation_version: version,
    language_info: languageInfo[language],
    banner: `Nibble ${version}: ${first} cells, and %%${language === "nibble" ? "ts" : "nibble"} for the other language\n`,
    help_links: [
      { text: "TypeScript handbook", url: "https://www.typescriptlang.org/docs/handbook/intro.html" },
      { text: "TensorFlow.js", url: "https://js.tensorflow.org/api/latest/" },
    ],
    debugger: false,
    supported_features: [],
  };
}
