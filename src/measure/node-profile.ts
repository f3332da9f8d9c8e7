import type { NodeTime } from "./roofline.js";

/** Durations of one node in each profiled run, microseconds, and how many tensors the engine described beside each. */
export interface NodeRuns {
  readonly node: string;
  readonly operator: string;
  readonly tensors: number;
  readonly microseconds: readonly number[];
}

/** What recording adds to a node's duration, microseconds: always, and for each tensor that it describes. */
export interface RecordingCost {
  readonly nodeUs: number;
  readonly tensorUs: number;
}

const ENDING = "_kernel_time";

/**
 * The nodes of onnxruntime's profile (the trace event format, "X" events in microseconds), in the order of their first run.
 * The file comes from outside: whatever is not a node's kernel time is passed over.
 * @throws {Error} when it is no profile at all
 */
export function readProfile(text: string): readonly NodeRuns[] {
  let events: unknown;
  try {
    events = JSON.parse(text);
  } catch {
    throw new Error("profile: the engine's profile is not JSON");
  }
  if (!Array.isArray(events)) throw new Error("profile: the engine's profile is not a list of events");
  const nodes = new Map<string, { operator: string; tensors: number; microseconds: number[] }>();
  for (const event of events) {
    const found = nodeEvent(event);
    if (!found) continue;
    const { name, operator, tensors, microseconds } = found;
    const node = nodes.get(name) ?? { operator, tensors, microseconds: [] };
    node.microseconds.push(microseconds);
    nodes.set(name, node);
  }
  return [...nodes].map(([node, runs]) => ({ node, ...runs }));
}

function nodeEvent(event: unknown) {
  if (!isObject(event) || event.cat !== "Node" || !isObject(event.args)) return undefined;
  const { name, dur, args } = event;
  if (typeof name !== "string" || !name.endsWith(ENDING) || typeof args.op_name !== "string") return undefined;
  if (typeof dur !== "number" || !Number.isFinite(dur) || dur < 0) return undefined;
  const described = [args.input_type_shape, args.output_type_shape];
  const tensors = described.reduce<number>((sum, list) => sum + (Array.isArray(list) ? list.length : 0), 0);
  return { name: name.slice(0, -ENDING.length), operator: args.op_name, tensors, microseconds: dur };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Mean of the middle half: as deaf to outliers as the median, and finer than the whole microseconds of a profile. */
export function middleMean(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.slice(Math.floor(sorted.length / 4), Math.ceil((sorted.length * 3) / 4));
  if (middle.length === 0) throw new RangeError("the mean of no values");
  return middle.reduce((sum, value) => sum + value, 0) / middle.length;
}

/** Times of all nodes, without what recording takes and without the first `warmUp` runs; never below zero. */
export function nodeTimes(
  nodes: readonly NodeRuns[],
  { warmUp, recording }: { readonly warmUp: number; readonly recording: RecordingCost },
): readonly NodeTime[] {
  return nodes.map(({ node, operator, tensors, microseconds }) => {
    const warm = microseconds.length > warmUp ? microseconds.slice(warmUp) : microseconds;
    const recorded = recording.nodeUs + tensors * recording.tensorUs;
    return { node, operator, microseconds: Math.max(0, middleMean(warm) - recorded) };
  });
}

/** A chain of equal nodes that compute next to nothing, profiled, and what each really takes. */
export interface RecordedChain {
  readonly nodes: readonly NodeRuns[];
  readonly nodeUs: number;
}

/**
 * What recording costs, from two chains whose nodes have different numbers of tensors: what the profile says of a node less
 * what it really takes, on a line over the tensors. A slope below zero is noise and counts as none.
 */
export function recordingCost(few: RecordedChain, many: RecordedChain, warmUp: number): RecordingCost {
  const excess = ({ nodes, nodeUs }: RecordedChain) =>
    middleMean(nodes.map(({ microseconds }) => middleMean(microseconds.slice(warmUp)))) - nodeUs;
  const [a, b] = [few.nodes[0]?.tensors ?? 0, many.nodes[0]?.tensors ?? 0];
  if (b <= a) throw new Error("profile: the chains must differ in their tensors");
  const [low, high] = [Math.max(0, excess(few)), Math.max(0, excess(many))];
  const tensorUs = Math.max(0, (high - low) / (b - a));
  return { nodeUs: Math.max(0, low - a * tensorUs), tensorUs };
}
