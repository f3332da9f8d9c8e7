import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { renderDiagnostic } from "../../src/base/diagnostic.js";
import { checkText } from "../../src/session/program.js";

/** Several mistakes in the options of one data set, as `nibble check` tells them: all at once. They are in `data.txt`. */

const folder = realpathSync(mkdtempSync(join(tmpdir(), "nibble-data-")));
mkdirSync(join(folder, ".nibble"));
const files = {
  "d.csv": "age,height,kind\n1,2,cat\n3,4,dog\n",
  "numbers.csv": "1,2,0\n3,4,1\n",
  "d.jsonl": '{"x": 1, "y": 2, "kind": "cat"}\n',
};
for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);

const cases: Readonly<Record<string, string>> = {
  "columns of every option": 'csv("d.csv") { label: kinds, columns: [aeg, height, heigth], ignore: [id] }',
  "a column and a split": 'csv("d.csv") { label: kinds, split: train 80% test 30% }',
  "columns, a split, an option and a scale": 'csv("d.csv") { lable: kind, columns: [aeg], split: 80%, scale: 1/0 }',
  "a scale that no reader takes, and a column": 'csv("d.csv") { scale: 0, label: kinds }',
  "a field and a shape": 'jsonl("d.jsonl") { label: kinds, columns: [x, z], shape: [0] }',
  "a file that is not there, and a split": 'csv("e.csv") { label: kinds, split: 80% }',
  // What a column is called is not known: nothing is said of it.
  "a delimiter, and columns": 'csv("d.csv") { label: kinds, delimiter: colon }',
  "a header, and columns": 'csv("numbers.csv") { label: column_3, header: flase }',
  "a header by another name, and columns": 'csv("numbers.csv") { label: column_3, headers: false }',
  "a header twice, and columns": 'csv("numbers.csv") { label: column_3, header: true, header: false }',
  // What is missing without the wrong option is no mistake.
  "classes that are wrong, and a shape that fits": 'jsonl("d.jsonl") { label: kind | x, columns: [x, y], shape: [2] }',
};

test("mistakes in the options of data are told all at once", async () => {
  const pages: string[] = [];
  for (const [title, data] of Object.entries(cases)) {
    const { diagnostics, sources } = await checkText({ path: join(folder, "p.nib"), text: `data d = ${data}\n` });
    const page = diagnostics.map((each) => renderDiagnostic(each, sources)).join("\n");
    pages.push(`## ${title}\n\n${page.replaceAll(`${folder}/`, "")}\n`);
  }
  await expect(pages.join("\n")).toMatchFileSnapshot("data.txt");
});
