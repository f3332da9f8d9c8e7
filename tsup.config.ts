import { defineConfig, type Options } from "tsup";

/** `quick` builds what runs and no type declarations: the launcher uses it when sources are newer than `dist`. */
const quick = process.env.NIBBLE_BUILD === "quick";

/**
 * Takes the compiler by `require`: an `import` of CommonJS makes Node read the whole file (9 MB) twice, once for the names of its
 * exports, which costs half a second of every kernel's start.
 */
const requiredTypeScript: NonNullable<Options["esbuildPlugins"]>[number] = {
  name: "required-typescript",
  setup(build) {
    build.onResolve({ filter: /^typescript$/ }, () => ({ path: "typescript", namespace: "required" }));
    build.onLoad({ filter: /.*/, namespace: "required" }, () => ({
      contents: `import { createRequire } from "node:module"; export default createRequire(import.meta.url)("typescript");`,
    }));
  },
};

const both: Options = {
  platform: "node",
  target: "node20",
  outDir: "dist",
  sourcemap: true,
  clean: false,
  silent: true,
};

export default defineConfig([
  {
    ...both,
    entry: {
      index: "src/index.ts",
      "cli/main": "src/cli/main.ts",
      "run/worker": "src/run/worker.ts",
      "cells/create": "src/cells/create.ts",
      "cells/child/main": "src/cells/child/main.ts",
      "cells/child/control": "src/cells/child/control.ts",
      "cells/typescript/worker": "src/cells/typescript/worker.ts",
      "kernel/main": "src/kernel/main.ts",
    },
    format: "esm",
    splitting: true,
    noExternal: ["typescript"],
    esbuildPlugins: [requiredTypeScript],
    dts: quick ? false : { entry: { index: "src/index.ts" } },
  },
  {
    ...both,
    entry: { index: "src/index.ts" },
    format: "cjs",
    shims: true, // import.meta.url
    dts: quick ? false : { entry: { index: "src/index.ts" } },
  },
]);
