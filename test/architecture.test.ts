import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");

/** Rank of each folder, as src/README.md says. An import points to a lower rank or stays in its folder. */
const ranks: readonly (readonly [folder: string, rank: number])[] = [
  ["src/base", 0],
  ["grammar", 0],
  ["src/tensor", 1],
  ["src/onnx-proto", 1],
  ["src/ir", 2],
  ["src/frontends", 3],
  ["src/quantize", 3],
  ["src/backends", 3],
  ["src/engines", 3],
  ["src/datasets", 3],
  ["src/measure", 4],
  ["src/plan", 4],
  ["src/results", 5],
  ["src/language", 5],
  ["src/run", 6],
  ["src/report", 6],
  ["src/export", 7],
  ["src/session", 8],
  ["src/session.ts", 8],
  ["src/index.ts", 8],
  ["src/cells", 9],
  ["src/kernel", 10],
  ["src/notebook", 10],
  ["src/cli", 11],
];

function filesUnder(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `${folder}/${name.replaceAll("\\", "/")}`);
}

/** The library's face is one place, though it is a folder and two files. */
const library = ["src/session", "src/session.ts", "src/index.ts"];

function home(file: string): readonly [string, number] {
  const found = ranks.find(([folder]) => file === folder || file.startsWith(`${folder}/`));
  if (!found) throw new Error(`${file} lies in no ranked folder`);
  return library.includes(found[0]) ? ["the library", found[1]] : found;
}

const files = [...filesUnder("src"), ...filesUnder("grammar")].sort();
const imports = new Map(
  files.map((file) => {
    const text = readFileSync(join(root, file), "utf8");
    const targets = ts
      .preProcessFile(text, true, true)
      .importedFiles.map(({ fileName }) => fileName)
      .filter((name) => name.startsWith("."))
      .map((name) => relative(root, resolve(root, dirname(file), name)).replaceAll("\\", "/"))
      .map((name) => name.replace(/\.js$/, ".ts"))
      .filter((name) => name.endsWith(".ts"));
    return [file, targets] as const;
  }),
);

test("every import points to a lower rank or stays in its folder, type-only imports too", () => {
  const upward = [];
  for (const [file, targets] of imports) {
    const [folder, rank] = home(file);
    for (const target of targets) {
      const [otherFolder, otherRank] = home(target);
      if (otherFolder !== folder && otherRank >= rank) upward.push(`${file} -> ${target}`);
    }
  }
  expect(upward).toEqual([]);
});

test("no file imports itself through others", () => {
  const cycles: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(" -> "));
    else if (!done.has(file)) {
      for (const target of imports.get(file) ?? []) visit(target, [...path, file]);
      done.add(file);
    }
  };
  for (const file of files) visit(file, []);
  expect(cycles).toEqual([]);
});

test("set-up and the launcher need no package and nothing of the sources that are not built yet", () => {
  const scripts = ["src/cli/nibble.mjs", ...readdirSync(join(root, "src/setup")).map((name) => `src/setup/${name}`)];
  const foreign = scripts
    .filter((file) => file.endsWith(".mjs"))
    .flatMap((file) =>
      ts
        .preProcessFile(readFileSync(join(root, file), "utf8"), true, true)
        .importedFiles.map(({ fileName }) => `${file} -> ${fileName}`),
    )
    .filter((edge) => !/ -> (node:\w|\.\/[\w-]+\.mjs$|\.\.\/setup\/[\w-]+\.mjs$)/.test(edge));
  expect(foreign).toEqual([]);
});

test("the only barrel is src/index.ts", () => {
  expect(files.filter((file) => /(^|\/)index\.ts$/.test(file) && file !== "src/index.ts")).toEqual([]);
});
