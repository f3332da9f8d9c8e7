import { type Sampled, wilson } from "./statistics.js";

export interface MacroF1 {
  readonly estimate: Sampled;
  /** Classes that no sample of the test split has. */
  readonly absent: readonly number[];
}

/**
 * F1 of each class, 2 TP / (2 TP + FP + FN), averaged over the classes that the test split holds (scikit-learn's
 * `f1_score` with `average="macro", labels=unique(y_true)`); a class that is never predicted has 0. A class without
 * samples has no F1 and is left out, for fp32 and for every trial alike; predicting it is still an error of the others.
 *
 * The 95% interval is Wilson's with an effective sample size (Kott and Carr 1997; Franco, Little, Louis and Slud 2019, J.
 * Survey Statistics and Methodology 7:334-364): n' = F (1 - F) / v, where v is the variance by the delta method
 * (Takahashi, Yamamoto, Kuchiba and Koyama 2022, Applied Intelligence 52:4961-4972). Unlike a bootstrap it is no point
 * where no sample was wrong.
 * @param labels and predictions: class indices, at least one
 */
export function macroF1(labels: Int32Array, predictions: Int32Array, classes: number): MacroF1 {
  const n = labels.length;
  const truth = countsOf(labels, classes);
  const predicted = countsOf(predictions, classes);
  const right = countsOf(
    labels.filter((label, i) => label === predictions[i]),
    classes,
  );
  const absent: number[] = [];
  // Of each class F1 and 1 / (TP + FN + TP + FP), which every sample of it moves F1 by; both 0 where it is absent.
  const f1 = new Float64Array(classes);
  const weight = new Float64Array(classes);
  for (let c = 0; c < classes; c++) {
    const size = truth[c] as number;
    if (size === 0) {
      absent.push(c);
      continue;
    }
    weight[c] = 1 / (size + (predicted[c] as number));
    f1[c] = 2 * (right[c] as number) * (weight[c] as number);
  }
  const present = classes - absent.length;
  const value = Math.min(1, f1.reduce((sum, each) => sum + each, 0) / present);
  let variance = 0;
  for (let i = 0; i < n; i++) {
    const [label, prediction] = [labels[i] as number, predictions[i] as number];
    const gain = label === prediction ? 2 * (weight[label] as number) : 0;
    const lost = (f1[label] as number) * (weight[label] as number);
    const taken = (f1[prediction] ?? 0) * (weight[prediction] ?? 0);
    variance += ((gain - lost - taken) / present) ** 2;
  }
  const effective = variance > 0 && value < 1 && value > 0 ? (value * (1 - value)) / variance : n;
  return { estimate: { value, ci95: wilson(value * effective, effective), n }, absent };
}

/** How often each class occurs; an output past the last class is none of them. */
function countsOf(values: Int32Array, classes: number): Float64Array {
  const counts = new Float64Array(classes);
  for (const value of values) if (value < classes) counts[value] = (counts[value] as number) + 1;
  return counts;
}
