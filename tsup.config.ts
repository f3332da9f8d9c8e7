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
    entry: { index: "src/index.ts", "cli/main": "src/cli/main.ts", "run/worker": "src/run/worker.ts" },
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
