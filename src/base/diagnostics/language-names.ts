import { nearestOr, type UnknownFacts } from "./unknown.js";
import type { WordingOf } from "./wording.js";

/** Names, definitions and files. */
export interface NameFacts {
  /** `kind`: "model", "data set", "scheme", "data reader", "measure", "metric", "view", ... */
  "unknown-name": UnknownFacts & { readonly kind: string };
  "unknown-option": UnknownFacts & { readonly owner: string };
  "missing-option": { readonly owner: string; readonly option: string; readonly summary: string };
  "duplicate-name": { readonly kind: string; readonly name: string; readonly first: string };
  /** Two experiments whose names are the same but for capitals. */
  "names-differ-in-case": { readonly names: readonly [string, string] };
  "duplicate-option": { readonly option: string; readonly line: number };
  "duplicate-clause": { readonly clause: string; readonly line: number };
  "scheme-name-taken": { readonly name: string };
  "definition-cycle": { readonly kind: string; readonly chain: readonly string[] };
  "import-cycle": { readonly chain: readonly string[] };
  "import-unreadable": { readonly path: string; readonly reason: string };
  "too-many-imports": { readonly limit: number };
  "path-refused": { readonly path: string; readonly reason: string };
  "remote-path": { readonly path: string };
  "path-missing": { readonly name: string; readonly source: string };
  "arguments-unexpected": { readonly name: string; readonly options: boolean };
  "unknown-host-value": UnknownFacts;
  "host-value-kind": { readonly name: string; readonly expected: string; readonly found: string };
  /** A parameter from outside (`-p name=value`) that no `param` statement declares. */
  "unknown-parameter": UnknownFacts;
  "parameter-type": {
    readonly name: string;
    readonly expected: string;
    readonly found: string;
    readonly default: string;
  };
  "parameter-syntax": { readonly name: string; readonly text: string };
}

export const nameWording: WordingOf<NameFacts> = {
  "unknown-name": (facts) => ({
    message: `no ${facts.kind} is called "${facts.name}"`,
    ...(facts.known.length === 0 ? definition(facts.kind, facts.name) : nearestOr(facts, plural(facts.kind))),
  }),
  "unknown-option": (facts) => ({
    message: `"${facts.owner}" has no option "${facts.name}"`,
    ...(facts.known.length === 0 ? { hint: "it takes no options" } : nearestOr(facts, "options")),
  }),
  "missing-option": ({ owner, option, summary }) => ({
    message: `"${owner}" needs the option "${option}"`,
    hint: `add { ${option}: ... }: ${summary}`,
  }),
  "duplicate-name": ({ kind, name, first }) => ({
    message: `the ${kind} "${name}" is already defined at ${first}`,
    hint: "rename one of the two",
  }),
  "names-differ-in-case": ({ names: [first, second] }) => ({
    message: `the experiments "${first}" and "${second}" differ in capitals alone`,
    hint: "their results share one folder on disks that ignore capitals: rename one of the two",
  }),
  "duplicate-option": ({ option, line }) => ({
    message: `the option "${option}" is given twice, first on line ${line}`,
    hint: "values to try are written with |: a | b",
  }),
  "duplicate-clause": ({ clause, line }) => ({
    message: `"${clause}" stands twice in this experiment, first on line ${line}`,
    hint: "keep one of the two",
  }),
  "scheme-name-taken": ({ name }) => ({
    message: `"${name}" is the name of a built-in scheme`,
    hint: `give the scheme a name of its own: scheme my_${name} = ${name} { ... }`,
  }),
  "definition-cycle": ({ kind, chain }) => ({
    message: `the ${kind} is defined ${chain[0] === chain.at(-1) ? "by itself" : "through too many others"}: ${chain.join(" -> ")}`,
  }),
  "import-cycle": ({ chain }) => ({
    message: `the files import each other: ${chain.join(" -> ")}`,
    hint: "move what both need into a third file",
  }),
  "import-unreadable": ({ path, reason }) => ({ message: `"${path}" cannot be read: ${reason}` }),
  "too-many-imports": ({ limit }) => ({ message: `more than ${limit} files are imported` }),
  "path-refused": ({ path, reason }) => ({ message: `"${path}" is refused: ${reason}` }),
  "remote-path": ({ path }) => ({
    message: `"${path}" is an address on the network, and programs read local files only`,
    hint: "download the file and give its path",
  }),
  "path-missing": ({ name, source }) => ({
    message: `"${name}" needs the path of a ${source}`,
    hint: `write ${name}("path")`,
  }),
  "arguments-unexpected": ({ name, options }) => ({
    message: `"${name}" takes nothing in parentheses`,
    hint: options ? `write ${name} { option: value }` : `write ${name}`,
  }),
  "unknown-host-value": (facts) => ({
    message: `$${facts.name} is not defined`,
    hint:
      facts.nearest !== undefined
        ? `did you mean $${facts.nearest}?`
        : "define a variable of this name, or give it on the command line: -p name=value",
  }),
  "host-value-kind": ({ name, expected, found }) => ({ message: `$${name} is ${found}; ${expected} is needed here` }),
  "unknown-parameter": (facts) => ({
    message: `the program has no parameter "${facts.name}"`,
    ...(facts.known.length === 0 ? { hint: `declare it: param ${facts.name} = ...` } : nearestOr(facts, "parameters")),
  }),
  "parameter-type": (facts) => ({
    message: `the parameter "${facts.name}" is ${facts.expected}, not ${facts.found}`,
    hint: `its default is ${facts.default}`,
  }),
  "parameter-syntax": ({ name, text }) => ({
    message: `the value of the parameter "${name}" cannot be read: ${text}`,
    hint: "values are written as in a program: 64, 1%, minmax | mse",
  }),
};

const plurals: Readonly<Record<string, string>> = {
  "scheme of this experiment": "schemes of this experiment",
  "thing to keep": "things to keep",
};
/** The first word takes the s where a name follows: schemes of "a". */
const plural = (kind: string) => plurals[kind] ?? kind.replace(/^\S+(?= of ")|$/, "$&s");

/** How the missing thing would be defined, where a program can define it. */
function definition(kind: string, name: string): { readonly hint?: string } {
  if (kind === "model") return { hint: `define it: model ${name} = tfjs("model.json")` };
  return kind === "data set" ? { hint: `define it: data ${name} = csv("data.csv") { label: ... }` } : {};
}
