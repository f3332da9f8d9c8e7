import ts from "typescript";
import { declaredNames, hoistedNames, hoistedVariables } from "./declared-names.js";
import type { Edit } from "./edits.js";

/**
 * `if (a) { var x = 1 }` declares a name of the notebook. TypeScript exports declarations of the top level alone, so the
 * inner one becomes an assignment, `void (x = 1)`, to a name that is declared in front of the cell.
 */
export function hoistedEdits(file: ts.SourceFile): Edit[] {
  return hoistedVariables(file).flatMap((list) => {
    const start = list.getStart();
    const isStatement = ts.isVariableStatement(list.parent);
    const edits: Edit[] = [{ start, end: start + "var".length, text: isStatement ? "void (" : "" }];
    for (const { name, exclamationToken, type } of list.declarations)
      if (type ?? exclamationToken)
        edits.push({ start: name.end, end: (type ?? exclamationToken ?? name).end, text: "" });
    if (isStatement) edits.push({ start: list.end, end: list.end, text: ")" });
    return edits;
  });
}

/** The declarations in front of the cell; a name that an earlier cell gave a value keeps it, as `var` does. */
export function hoistedDeclarations(file: ts.SourceFile, scope: string): string[] {
  const declared = new Set(
    file.statements.flatMap((statement) => [...declaredNames(statement)].map(({ name }) => name)),
  );
  const names = new Set(hoistedNames(file).filter((name) => !declared.has(name)));
  return [...names].map((name) => `export let ${name} = ${scope}.${name};`);
}
