/** One line on each word of the grammar, for completion and hover. Names of schemes, readers and metrics bring their own. */

export interface KeywordDoc {
  readonly name: string;
  readonly summary: string;
  /** How it is written. */
  readonly form: string;
}

export const statementDocs: readonly KeywordDoc[] = [
  { name: "model", summary: "names a model", form: 'model cnn = tfjs("model.json")' },
  { name: "data", summary: "names a data set", form: 'data digits = csv("digits.csv") { label: digit }' },
  {
    name: "experiment",
    summary: "quantizes a model in every way that it lists, and measures",
    form: "experiment sweep { ... }",
  },
  { name: "scheme", summary: "names a way to quantize", form: "scheme w4 = weight_only { weights: int4 }" },
  { name: "param", summary: "names a value that `-p name=value` overrides", form: "param samples = 256" },
  {
    name: "diagnose",
    summary: "finds out why accuracy moved: weights or activations, which layer, how much calibration",
    form: "diagnose sweep.static",
  },
  {
    name: "export",
    summary: "writes a trial for where it will run: ONNX, TF.js's files, a manifest with its figures, a model card",
    form: 'export sweep.best(speedup) to "out/"',
  },
  { name: "import", summary: "takes the definitions of another file", form: 'import "common.nib"' },
];

export const clauseDocs: readonly KeywordDoc[] = [
  { name: "model", summary: "the model that is quantized", form: "model cnn" },
  { name: "data", summary: "the data that it is calibrated and tested on", form: "data digits" },
  { name: "baseline", summary: "what everything is compared with: fp32", form: "baseline fp32" },
  {
    name: "try",
    summary: "a way to quantize; several with | or a line each",
    form: "try static { calibration: minmax | mse }",
  },
  {
    name: "keep",
    summary: "layers at a precision of their own; later rules override",
    form: 'keep layers "dense_*" at fp32',
  },
  { name: "where", summary: "leaves out cells of the matrix", form: "where not (calibration = mse and samples < 64)" },
  { name: "measure", summary: "what is measured", form: "measure accuracy, latency { batch: 1 | 32 }, size" },
  {
    name: "expect",
    summary: "what has to hold, else the run's exit code is 1",
    form: "expect static.accuracy_drop < 1%",
  },
  { name: "show", summary: "table and plots", form: "show table, pareto(speedup, accuracy)" },
];

/** Words inside clauses. */
export const wordDocs: readonly KeywordDoc[] = [
  { name: "to", summary: "the folder that is written follows", form: 'export sweep.static to "out/"' },
  { name: "layers", summary: "names or patterns of layers follow", form: 'keep layers "conv*", /^dense/ at fp32' },
  { name: "at", summary: "the precision follows", form: 'keep layers "dense_2" at fp32' },
  { name: "not", summary: "turns a condition round", form: "where not (group = 32)" },
  { name: "and", summary: "both conditions hold", form: "where group = 32 and method = rtn" },
  { name: "or", summary: "one of the conditions holds", form: "where group = 32 or group = 64" },
  { name: "train", summary: "share of the samples that calibration may see", form: "split: train 80% test 20% seed 7" },
  {
    name: "test",
    summary: "share of the samples that accuracy is measured on",
    form: "split: train 80% test 20% seed 7",
  },
  { name: "seed", summary: "decides which sample falls into which share", form: "split: train 80% test 20% seed 7" },
];
