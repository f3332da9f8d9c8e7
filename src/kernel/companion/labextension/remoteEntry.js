/**
 * Nibble for JupyterLab 4 and Notebook 7: syntax colours in cells and `.nib` files. A federated extension as webpack
 * would build it, written by hand: JupyterLab loads the file, calls `init` with the modules that it shares, and `get`
 * for the plugins. Structure only, as the language's own grammar has it; schemes, readers and metrics are names.
 * @see https://jupyterlab.readthedocs.io/en/stable/extension/extension_dev.html#prebuilt-extensions
 */
(() => {
  const STATEMENTS = ["model", "data", "param", "scheme", "import", "experiment", "search", "diagnose", "export"];
  const CLAUSES = [
    ...["baseline", "try", "keep", "where", "measure", "expect", "show"],
    ...["choose", "minimize", "maximize", "subject_to", "budget", "at", "to"],
  ];
  const OPERATORS = ["and", "or", "not"];

  /** What a word of the language is called by CodeMirror. */
  const kinds = new Map([
    ...STATEMENTS.map((word) => /** @type {const} */ ([word, "definitionKeyword"])),
    ...CLAUSES.map((word) => /** @type {const} */ ([word, "keyword"])),
    ...OPERATORS.map((word) => /** @type {const} */ ([word, "operatorKeyword"])),
  ]);

  const NUMBER = String.raw`(?:\d[\d_]*(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?`;

  /** Patterns in the order in which they are tried, each with the style of what it matches. */
  const PATTERNS = /** @type {const} */ ([
    [/^\/\/.*/, "comment"],
    [/^%%?[a-z].*/, "meta"],
    [/^"(?:[^"\\]|\\.)*"?/, "string"],
    [/^\$[A-Za-z_]\w*/, "special(variableName)"],
    [new RegExp(`^[+-]?${NUMBER}(?:[ \\t]*/[ \\t]*${NUMBER}|%|[A-Za-z_]\\w*)?`), "number"],
    [/^\/(?:[^/\\*]|\\.)(?:[^/\\]|\\.)*\/[a-z]*/, "string.special"],
    [/^(?:[<>!]=|[<>=|/])/, "operator"],
  ]);

  /**
   * The next token's style; `state.open` inside a comment of several lines.
   * @param {any} stream CodeMirror's StringStream
   * @param {{ open: boolean }} state
   * @returns {string | null}
   */
  function token(stream, state) {
    if (state.open || stream.match("/*")) {
      state.open = !stream.match(/^.*?\*\//);
      if (state.open) stream.skipToEnd();
      return "comment";
    }
    if (stream.eatSpace()) return null;
    for (const [pattern, style] of PATTERNS) if (stream.match(pattern)) return style;
    const word = stream.match(/^[A-Za-z_]\w*/);
    if (!word) {
      stream.next();
      return null;
    }
    // `model: 3` and `at.x` name an option or a part, whatever the word.
    if (stream.match(/^\s*:/, false)) return "propertyName";
    return kinds.get(word[0]) ?? (stream.match(/^\s*\(/, false) ? "function(variableName)" : "variableName");
  }

  const language = {
    name: "nibble",
    startState: () => ({ open: false }),
    token,
    languageData: { commentTokens: { line: "//", block: { open: "/*", close: "*/" } } },
  };

  /** Modules that JupyterLab shares, by name and version. @type {Record<string, Record<string, { get(): any }>>} */
  let shared = {};

  /** @param {string} name @returns {Promise<any>} the one version that a page has */
  async function sharedModule(name) {
    const [version] = Object.values(shared[name] ?? {});
    if (version === undefined) throw new Error(`nibble-companion: JupyterLab shares no ${name}`);
    return (await version.get())();
  }

  async function extension() {
    const [{ IEditorLanguageRegistry }, { LanguageSupport, StreamLanguage }] = await Promise.all([
      sharedModule("@jupyterlab/codemirror"),
      sharedModule("@codemirror/language"),
    ]);
    const plugin = {
      id: "nibble-companion:language",
      description: "Syntax colours for Nibble.",
      autoStart: true,
      requires: [IEditorLanguageRegistry],
      /** @param {unknown} _app @param {any} languages */
      activate(_app, languages) {
        const support = new LanguageSupport(StreamLanguage.define(language));
        languages.addLanguage({
          name: "nibble",
          displayName: "Nibble",
          mime: "text/x-nibble",
          extensions: ["nib"],
          support,
        });
      },
    };
    return { __esModule: true, default: plugin };
  }

  /** @type {any} */
  const page = globalThis;
  page._JUPYTERLAB ??= {};
  page._JUPYTERLAB["nibble-companion"] = {
    /** @param {typeof shared} scope */
    init(scope) {
      shared = scope;
    },
    /** @param {string} name */
    async get(name) {
      if (name !== "./extension") throw new Error(`nibble-companion has no module ${name}`);
      const module = await extension();
      return () => module;
    },
  };
})();
