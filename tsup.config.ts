import { defineConfig, type Options } from "tsup";

/** `quick` builds what runs and no type declarations: the launcher uses it when sources are newer than `dist`. */
const quick = process.env.NIBBLE_BUILD === "quick";

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
      "cells/child/main": "src/cells/child/main.ts",
      "cells/child/control": "src/cells/child/control.ts",
      "cells/typescript/worker": "src/cells/typescript/worker.ts",
      "kernel/main": "src/kernel/main.ts",
    },
    format: "esm",
    splitting: true,
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
