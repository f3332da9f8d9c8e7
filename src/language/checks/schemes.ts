import { diagnostic } from "../../base/diagnostic.js";
import { unknown } from "../../base/nearest.js";
import type { SchemeDefinition } from "../../quantize/registry.js";
import type { Checker } from "../checker.js";
import type { Use } from "../syntax/ast.js";
import { mostLinks, shownLinks } from "../values/environment.js";
import { checkOptions, type GivenOptions } from "../values/options.js";

/** A scheme with everything that it inherits: what `try` and `scheme` name. */
export interface CheckedScheme {
  readonly definition: SchemeDefinition;
  readonly options: GivenOptions;
}

/** Resolves the schemes of a program, each once. */
export interface SchemeChecker {
  /** A use of a built-in or defined scheme, its own options over the inherited ones; undefined when something is wrong. */
  use(use: Use): CheckedScheme | undefined;
  /** Checks every definition of the program and its imports, those that nothing uses too. */
  all(): void;
}

/** Checks uses of schemes; each `scheme` statement is checked once, however often it is tried. */
export function schemeChecker(checker: Checker): SchemeChecker {
  const { scope, vocabulary, report } = checker;
  const done = new Map<string, CheckedScheme | undefined>();
  const open: string[] = [];
  const builtIn = vocabulary.schemes.map(({ name }) => name);

  function define(name: string): CheckedScheme | undefined {
    if (done.has(name)) return done.get(name);
    const statement = scope.schemes.get(name);
    if (!statement?.base) return undefined;
    if (open.includes(name) || open.length >= mostLinks) {
      const chain = [...open.slice(Math.max(0, open.indexOf(name))).slice(-shownLinks), name];
      report(diagnostic("definition-cycle", { kind: "scheme", chain }, { span: statement.name.span }));
      return undefined;
    }
    open.push(name);
    const checked = use(statement.base);
    open.pop();
    done.set(name, checked);
    return checked;
  }

  function base(use: Use): CheckedScheme | undefined {
    const { name, span } = use.target;
    const definition = use.target.kind === "host" ? undefined : vocabulary.schemes.find((each) => each.name === name);
    if (definition) return { definition, options: new Map() };
    if (use.target.kind !== "host" && scope.schemes.has(name)) return define(name);
    const known = [...builtIn, ...scope.schemes.keys()];
    report(diagnostic("unknown-name", { kind: "scheme", ...unknown(name, known) }, { span }));
    return undefined;
  }

  function use(use: Use): CheckedScheme | undefined {
    const found = base(use);
    if (use.arguments) {
      report(diagnostic("arguments-unexpected", { name: use.target.name, options: true }, { span: use.target.span }));
    }
    if (!found) return undefined;
    const { definition } = found;
    const inherited = definition.options.map((option) =>
      found.options.has(option.name) ? { ...option, required: false } : option,
    );
    const owner = { name: definition.name, options: inherited, span: use.target.span, partial: use.partial };
    const own = checkOptions(use.options, owner, checker);
    if (own.size < (use.options?.entries.length ?? 0)) return undefined;
    return { definition, options: new Map([...found.options, ...own]) };
  }

  function all(): void {
    for (const { name } of scope.schemes.values()) if (scope.isOwn(name.span)) define(name.name);
  }

  return { use, all };
}
