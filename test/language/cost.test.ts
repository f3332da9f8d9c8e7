import { expect, test } from "vitest";
import { renderDiagnostic } from "../../src/base/diagnostic.js";
import { checkProgram } from "../../src/language/check.js";
import { formatProgram } from "../../src/language/services/format.js";
import { hoverProgram } from "../../src/language/services/hover.js";
import { planExperiment } from "../../src/plan/expand.js";
import { explainPlan } from "../../src/plan/explain.js";
import { fakeHost } from "./host.js";

const head = `model cnn = tfjs("m.json")
data d = csv("d.csv") { label: digit, split: train 80% test 20% }
experiment a {
  model cnn
  data d
  try static
  `;

/** The checked measures of an experiment with these clauses, or what is wrong with them. */
async function check(clauses: string) {
  const source = { path: "a.nib", text: `${head}${clauses}\n}\n` };
  const host = fakeHost();
  const { program, diagnostics } = await checkProgram(source, host);
  const sources = new Map([[source.path, source]]);
  const experiment = program?.experiments[0];
  return {
    measures: experiment?.measures,
    messages: diagnostics.map((each) => renderDiagnostic(each, sources)),
    plan: experiment && explainPlan(planExperiment(experiment, host.cpu)),
    expectations: experiment?.expectations,
  };
}

test.each([
  ["0.34 per_hour", 0.34],
  ["0.0001 per_second", 0.36],
  ["0.01 per_minute", 0.6],
  ["365 per_month", 0.5],
])("a price of %s is %s an hour", async (price, pricePerHour) => {
  const { measures, messages } = await check(`measure latency, cost { price: ${price} }`);
  expect(messages).toEqual([]);
  expect(measures?.cost?.pricePerHour).toBeCloseTo(pricePerHour, 12);
});

test("cost, saving and energy can be expected and drawn; what is measured is in the plan's text", async () => {
  const { messages, measures, expectations, plan } = await check(
    `measure accuracy, latency, cost { price: 2 per_hour }, energy
  expect static.cost < 0.5, static.saving >= 20%, static.energy < 0.1
  show pareto(cost, accuracy_drop)`,
  );
  expect(messages).toEqual([]);
  expect([measures?.cost, measures?.energy]).toEqual([{ pricePerHour: 2 }, true]);
  expect(expectations?.map(({ metric, value }) => [metric, value])).toEqual([
    ["cost", 0.5],
    ["saving", 0.2],
    ["energy", 0.1],
  ]);
  expect(plan).toContain("measures  accuracy, latency (batch 1), cost (2 an hour), energy\n");
});

test("a price that is none, or none at all, and money for what is not timed, are wrong at their place", async () => {
  const wrong = [
    "measure latency, cost",
    "measure latency, cost { price: 0.34 }",
    "measure latency, cost { price: cheap }",
    "measure latency, cost { price: per_hour 0.34 }",
    "measure latency, cost { price: 0.34 per_hours }",
    "measure latency, cost { price: 0 per_hour }",
    "measure latency, cost { price: 1ms per_hour }",
    "measure latency, cost { price: 1 per_hour | 2 per_hour }",
    "measure size, cost { price: 1 per_hour }, energy",
    "measure latency\n  expect static.cost < 1",
  ];
  const messages = await Promise.all(wrong.map(async (clauses) => (await check(clauses)).messages));
  expect(messages.flat().join("\n")).toMatchInlineSnapshot(`
    "error[missing-option] a.nib:7:20: "cost" needs the option "price"
       7 |   measure latency, cost
         |                    ^^^^
         = hint: add { price: ... }: price of the whole machine, in any currency: 0.34 per_hour
    error[value-type] a.nib:7:34: "price" takes a number and what it is for, such as 0.34 per_hour; 0.34 is not
       7 |   measure latency, cost { price: 0.34 }
         |                                  ^^^^
    error[value-type] a.nib:7:34: "price" takes a number and what it is for, such as 0.34 per_hour; cheap is not
       7 |   measure latency, cost { price: cheap }
         |                                  ^^^^^
    error[value-type] a.nib:7:34: "price" takes a number and what it is for, such as 0.34 per_hour; per_hour 0.34 is not
       7 |   measure latency, cost { price: per_hour 0.34 }
         |                                  ^^^^^^^^^^^^^
    error[unknown-choice] a.nib:7:39: "price" has no choice "per_hours"
       7 |   measure latency, cost { price: 0.34 per_hours }
         |                                       ^^^^^^^^^
         = hint: did you mean "per_hour"?
    error[value-range] a.nib:7:34: "price" is 0, outside its range
       7 |   measure latency, cost { price: 0 per_hour }
         |                                  ^
         = hint: use a value from 0.000001 to 1000000000
    error[wrong-unit] a.nib:7:34: "price" is not measured in ms
       7 |   measure latency, cost { price: 1ms per_hour }
         |                                  ^^^
         = hint: write the number without a unit
    error[no-sweep] a.nib:7:34: "price" takes one value; trying several with | makes no sense for it
       7 |   measure latency, cost { price: 1 per_hour | 2 per_hour }
         |                                  ^^^^^^^^^^^^^^^^^^^^^^^
         = hint: write one value, or one experiment for each
    error[needs-measure] a.nib:7:17: "cost" is known only when latency is measured
       7 |   measure size, cost { price: 1 per_hour }, energy
         |                 ^^^^
         = hint: add latency to the measure clause
    error[needs-measure] a.nib:7:45: "energy" is known only when latency is measured
       7 |   measure size, cost { price: 1 per_hour }, energy
         |                                             ^^^^^^
         = hint: add latency to the measure clause
    error[needs-measure] a.nib:8:17: "cost" is known only when cost is measured
       8 |   expect static.cost < 1
         |                 ^^^^
         = hint: add cost to the measure clause"
  `);
});

test("the formatter keeps a price, and hover says what it is", async () => {
  const text = `${head}measure latency,cost{price:0.34   per_hour}\n}\n`;
  const formatted = formatProgram(text);
  expect("text" in formatted && formatted.text).toContain("cost { price: 0.34 per_hour }");
  const hover = async (word: string) =>
    (await hoverProgram({ path: "a.nib", text }, text.indexOf(word) + 1, fakeHost()))?.text;
  expect(await hover("price")).toContain("a number and what it is for");
  expect(await hover("per_hour")).toContain("price of an hour of the machine");
  expect(await hover("cost")).toContain("money for a million samples");
});
