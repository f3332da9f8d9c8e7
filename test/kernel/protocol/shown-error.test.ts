import { expect, test } from "vitest";
import { shownError, withoutInnerNumbers } from "../../../src/kernel/protocol/shown-error.js";

const told = {
  ename: "ProgramError",
  evalue: "N1: no such scheme",
  traceback: ["error[N1]: no such scheme\n  --> <cell 3>:2:5\n  |\n2 |   try statik"],
  bundle: { data: { "text/html": "<p>no such scheme</p>", "text/plain": "all of it" } },
};

test("an error that is displayed has a traceback of its name and place", () => {
  expect(shownError(told, false)).toEqual({
    content: {
      ename: "ProgramError",
      evalue: "N1: no such scheme",
      traceback: ["ProgramError: N1: no such scheme", "    at <cell 3>:2:5"],
    },
    bundle: told.bundle,
  });
});

test("a silent cell displays nothing, so the traceback tells everything", () => {
  const { ename, evalue, traceback } = told;
  expect(shownError(told, true)).toEqual({ content: { ename, evalue, traceback } });
});

test("only cells that have no number in the notebook lose it", () => {
  expect(withoutInnerNumbers("at <cell 1000000>:1:7, at <cell 12>:1:7, &lt;cell 1000041&gt;")).toBe(
    "at <cell>:1:7, at <cell 12>:1:7, &lt;cell&gt;",
  );
});
