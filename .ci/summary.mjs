/** Prints `N passed, N failed, N skipped` from vitest's JSON report: `node .ci/summary.mjs REPORT EXIT_CODE`. */
import { existsSync, readFileSync } from "node:fs";

const [report = "", exitCode = "1"] = process.argv.slice(2);
// Without a report the types, the linter or the build stopped everything before the first test.
const found = existsSync(report) ? JSON.parse(readFileSync(report, "utf8")) : {};
const { numPassedTests: passed = 0, numFailedTests: failures = 0, numPendingTests: skipped = 0 } = found;
// A test file that cannot be loaded fails the run with no test in it.
const failed = failures === 0 && exitCode !== "0" ? 1 : failures;
process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
