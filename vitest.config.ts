import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Tests that start whole programs: the package, the command line, everything at once. */
const wholePrograms = [
  "test/end-to-end/**/*.test.ts",
  "test/packaging/**/*.test.ts",
  "test/cli/**/*.test.ts",
  "test/cells/*.test.ts",
  "test/jupyter/**/*.test.ts",
  "test/kernel/jupyter-client.test.ts",
];

/** A whole program that begins last would leave the other worker with nothing to do; notebooks take longest. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId, project }: TestSpecification) =>
      moduleId.includes("/jupyter/notebooks/") ? 0 : project.name === "whole" ? 1 : 2;
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

/** A test that hangs ends; one that is only slow, on a machine that does much else, does not. */
const LONGEST_MS = 300_000;

export default defineConfig({
  test: {
    pool: "forks",
    setupFiles: ["test/properties.ts"],
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    reporters: process.env.CI === "true" ? ["default", "json"] : ["default"],
    outputFile: { json: ".nibble/test-results.json" },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/bench/**", ...wholePrograms],
          testTimeout: LONGEST_MS,
          hookTimeout: LONGEST_MS,
        },
      },
      {
        extends: true,
        test: { name: "whole", include: wholePrograms, testTimeout: LONGEST_MS, hookTimeout: LONGEST_MS },
      },
    ],
  },
});
