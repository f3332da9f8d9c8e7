import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type ContentHash, hashJson } from "../../base/hash.js";

const require = createRequire(import.meta.url);

/** A piece of text that stays whole: it lies in one split, and none of it occurs in the other. */
export interface TextDocument {
  /** What decides the split: documents of one name stay together. */
  readonly name: string;
  readonly text: string;
}

/** Text in pieces, and the hash of all that it was made from. */
export interface Corpus {
  readonly documents: readonly TextDocument[];
  readonly hash: ContentHash;
}

/** Shorter lines (`}`, `*`, `readonly name: string;`) recur in unrelated declarations, so they do not tell copies. */
const tellingLength = 16;

/**
 * The declarations of TypeScript's own `.d.ts` files: text that every installation of Nibble has, because the compiler
 * is one of its packages. One document is one declaration with its comment; those of namespaces count each by itself.
 *
 * These files repeat themselves (the DOM for pages and for workers, eleven kinds of typed arrays). A declaration of
 * which more than half of the lines occurred before is left out, and declarations of one name stay together, so that
 * held-out text is new to a model that was trained on the rest.
 */
export async function declarations(): Promise<Corpus> {
  const folder = join(dirname(require.resolve("typescript/package.json")), "lib");
  const files = (await readdir(folder)).filter((file) => file.endsWith(".d.ts")).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
  const seen = new Set<string>();
  const documents: TextDocument[] = [];
  for (const document of texts.flatMap(declarationsOf)) {
    const lines = new Set(document.text.split("\n").map((line) => line.trim()));
    const telling = [...lines].filter((line) => line.length >= tellingLength);
    const known = telling.filter((line) => seen.has(line));
    if (known.length > telling.length / 2) continue;
    for (const line of telling) seen.add(line);
    documents.push(document);
  }
  const hashes = texts.map((text) => createHash("sha256").update(text).digest("hex"));
  return { documents, hash: hashJson({ made: "declarations", version: 1, files, hashes }) };
}

function declarationsOf(text: string): TextDocument[] {
  // Here and not above: the compiler takes a third of a second to load.
  const ts = require("typescript") as typeof import("typescript");
  const options = { languageVersion: ts.ScriptTarget.Latest, jsDocParsingMode: ts.JSDocParsingMode.ParseNone };
  const source = ts.createSourceFile("text.d.ts", text, options);
  const found: TextDocument[] = [];
  const visit = (statement: import("typescript").Statement): void => {
    const body = ts.isModuleDeclaration(statement) ? statement.body : undefined;
    if (body && ts.isModuleBlock(body)) {
      body.statements.forEach(visit);
      return;
    }
    const named = ts.isVariableStatement(statement) ? statement.declarationList.declarations[0] : statement;
    const name = named === undefined ? undefined : ts.getNameOfDeclaration(named as import("typescript").Declaration);
    found.push({ name: name?.getText(source) ?? "", text: unindented(statement.getFullText(source)) });
  };
  source.statements.forEach(visit);
  return found;
}

/** Without the indentation of the namespaces around, which the last line has alone. */
function unindented(text: string): string {
  const lines = text.replaceAll("\r\n", "\n").trim().split("\n");
  const depth = lines.at(-1)?.match(/^ */)?.[0].length ?? 0;
  return lines.map((line) => (line.startsWith(" ".repeat(depth)) ? line.slice(depth) : line.trimStart())).join("\n");
}
