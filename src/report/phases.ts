import type { TimedSetting } from "../measure/setting.js";

/** `prefill 128` or `decode behind 128`: the phase of a language model that was timed; "" of any other model. */
export function phaseText({ phase, context }: TimedSetting, before = ""): string {
  if (phase === undefined) return "";
  const tokens = context === undefined ? "" : phase === "decode" ? ` behind ${context}` : ` of ${context}`;
  return `${before}${phase}${tokens}`;
}
