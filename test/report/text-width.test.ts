import { expect, test } from "vitest";
import { shortenedApart } from "../../src/report/text-width.js";

test("names that fit, and names whose ends differ, are shortened as ever", () => {
  expect(shortenedApart(["conv", "dense"], 12)).toEqual(["conv", "dense"]);
  expect(shortenedApart(["encoder/dense/kernel", "decoder/dense/kernel"], 12)).toEqual([
    "encoder…rnel",
    "decoder…rnel",
  ]);
});

test("names that differ in their middle show the place where they differ", () => {
  const names = [3, 11, 27].map((block) => `model/encoder/residual_block_${block}/attention/output/kernel`);
  expect(shortenedApart(names, 18)).toEqual(["…lock_3/attention…", "…lock_11/attentio…", "…lock_27/attentio…"]);
});

test("names that differ near their ends show these, and the same name twice is shortened as ever", () => {
  const base = "model/encoder/residual/attention/output/kernel";
  expect(shortenedApart([base, base], 12)).toEqual(["model/e…rnel", "model/e…rnel"]);
  expect(shortenedApart([`${base}_a_x_tail`, `${base}_b_x_tail`], 12)).toEqual(["…el_a_x_tail", "…el_b_x_tail"]);
});
