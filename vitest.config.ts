import { defineConfig } from "vitest/config";

/** Tests that start whole programs: the package, the command line, everything at once. */
const wholePrograms = ["test/end-to-end/**/*.test.ts", "test/packaging/**/*.test.ts", "test/cli/**/*.test.ts"];

export default defineConfig({
  test: {
    pool: "forks",
    maxWorkers: 2,
    reporters: process.env.CI === "true" ? ["default", "json"] : ["default"],
    outputFile: { json: ".nibble/test-results.json" },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/bench/**", ...wholePrograms],
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: { name: "whole", include: wholePrograms, testTimeout: 180_000, hookTimeout: 300_000 },
      },
    ],
  },
});
