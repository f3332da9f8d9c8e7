import { describe, expect, test } from "vitest";
import { seededRandom } from "../../src/base/random.js";
import { resolve } from "../../src/measure/resolution.js";
import { pairedDifferenceInterval } from "../../src/measure/statistics.js";

const question = { text: "accuracy_drop < 1%", bound: 0.01 };

function dropOf(lost: number, gained: number, n: number) {
  const ci95 = pairedDifferenceInterval(lost, gained, n);
  return { value: (lost - gained) / n, ci95, n, counts: { lost, gained } };
}

describe("a question of the drop", () => {
  test("is resolved when the interval lies on one side of the bound, whichever", () => {
    expect(resolve(dropOf(0, 0, 1000), question)).toEqual({ question: question.text, resolved: true });
    expect(resolve(dropOf(60, 2, 1000), question).resolved).toBe(true);
  });

  test("else says how many samples, to two digits upwards", () => {
    // After one more pair of each kind: (1.96 s_0 + 0.8416 s)^2 / 0.01^2 with s^2 = 4 / 362.
    expect(resolve(dropOf(1, 1, 360), question)).toEqual({ question: question.text, resolved: false, needed: 1200 });
    expect(resolve(dropOf(0, 0, 100), question).needed).toBe(1800);
  });

  test("whose bound is the very drop is resolved by no number of samples", () => {
    expect(resolve(dropOf(2, 1, 100), question)).toEqual({ question: question.text, resolved: false });
  });

  test("of errors takes the variance from the interval", () => {
    const drop = { value: 0.5, ci95: [0.304, 0.696] as const, n: 100 };
    expect(resolve(drop, { text: "q", bound: 0.6 }).needed).toBe(790);
  });
});

test("so many samples do resolve it, four times in five", () => {
  const random = seededRandom(4);
  const cases = [
    [0.03, 0.01, 0.015],
    [0.05, 0.05, 0.01],
    [0.02, 0.002, 0.012],
  ] as const;
  for (const [lost, gained, away] of cases) {
    const asked = { text: "q", bound: lost - gained + away };
    // An interval as wide as can be holds the bound, so that a number is given; 1000 are fewer than are needed.
    const few = { lost: lost * 1000, gained: gained * 1000 };
    const { needed = 0 } = resolve({ value: lost - gained, ci95: [-1, 1], n: 1000, counts: few }, asked);
    let answered = 0;
    const runs = 300;
    for (let run = 0; run < runs; run++) {
      let [b, c] = [0, 0];
      for (let i = 0; i < needed; i++) {
        const u = random.next();
        if (u < lost) b++;
        else if (u < lost + gained) c++;
      }
      if (resolve(dropOf(b, c, needed), asked).resolved) answered++;
    }
    expect(answered / runs).toBeGreaterThan(0.7);
    expect(answered / runs).toBeLessThan(0.9);
  }
});
