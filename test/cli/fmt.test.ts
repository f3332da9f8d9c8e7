import { spawnSync } from "node:child_process";
import { chmodSync, lstatSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ownPackage } from "../../src/base/package.js";
import { nibble, project } from "./command.js";

const untidy = "model  m=tfjs( $net ) // a model\n";
const tidy = "model m = tfjs($net)  // a model\n";

test("files are written in place, those with mistakes left alone; what a file is stays", async () => {
  const folder = project(untidy);
  writeFileSync(join(folder, "broken.nib"), "model = 3\n");
  writeFileSync(join(folder, "tidy.nib"), tidy);
  writeFileSync(join(folder, "real.nib"), untidy);
  chmodSync(join(folder, "real.nib"), 0o640);
  symlinkSync("real.nib", join(folder, "link.nib"));
  const { code, stdout, stderr } = await nibble(
    ["fmt", "sweep.nib", "broken.nib", "tidy.nib", "link.nib", "absent.nib"],
    folder,
  );
  expect({ code, stdout }).toEqual({ code: 2, stdout: "sweep.nib: formatted\nlink.nib: formatted\n" });
  expect(stderr).toContain("error[unexpected-token] broken.nib:1:7");
  expect(stderr).toContain("absent.nib");
  expect(readFileSync(join(folder, "sweep.nib"), "utf8")).toBe(tidy);
  expect(readFileSync(join(folder, "broken.nib"), "utf8")).toBe("model = 3\n");
  expect(lstatSync(join(folder, "link.nib")).isSymbolicLink()).toBe(true);
  expect(statSync(join(folder, "real.nib")).mode & 0o777).toBe(0o640);
});

test("--check writes nothing and exits with 1 where a file would change", async () => {
  const folder = project(untidy);
  expect(await nibble(["fmt", "--check", "sweep.nib"], folder)).toMatchObject({
    code: 1,
    stdout: "sweep.nib: would be formatted\n",
  });
  expect(readFileSync(join(folder, "sweep.nib"), "utf8")).toBe(untidy);
  expect(await nibble(["fmt", "--json", "sweep.nib"], folder)).toMatchObject({
    code: 0,
    stdout: '{"file":"sweep.nib","changed":true}\n',
  });
  expect(await nibble(["fmt", "--check", "sweep.nib"], folder)).toMatchObject({ code: 0, stdout: "" });
});

test("standard input goes to standard output", () => {
  const { folder } = ownPackage();
  const { stdout, status } = spawnSync(process.execPath, [join(folder, "src/cli/nibble.mjs"), "fmt", "-"], {
    input: untidy,
    encoding: "utf8",
  });
  expect({ stdout, status }).toEqual({ stdout: tidy, status: 0 });
});
