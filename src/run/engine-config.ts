import type { Engine } from "../engines/engine.js";
import type { Scheme } from "../quantize/scheme.js";

/** Entries of the engine's own configuration, by key. */
export type EngineConfig = Readonly<Record<string, string>>;

/**
 * What a scheme asks of the engine beside its model. `precise` is onnxruntime's `session.x64quantprecision`: on x64 without VNNI
 * weights of more than 7 bits become uint8, whose kernels add in 32 bits; other CPUs ignore it.
 * @see onnxruntime_session_options_config_keys.h and avx2_weight_s8_to_u8.cc
 */
export function engineConfig(scheme: Pick<Scheme, "precise">): EngineConfig | undefined {
  return scheme.precise ? { "session.x64quantprecision": "1" } : undefined;
}

/** The engine with entries that every one of its sessions gets; the same engine when there are none. */
export function configured(engine: Engine, config: EngineConfig | undefined): Engine {
  if (config === undefined) return engine;
  return {
    ...engine,
    load: (model, options) => engine.load(model, { ...options, extra: { ...config, ...options.extra } }),
  };
}
