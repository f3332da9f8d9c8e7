import type { Engine } from "../engines/engine.js";
import type { Scheme } from "../quantize/scheme.js";

/** Entries of the engine's own configuration, by key. */
export type EngineConfig = Readonly<Record<string, string>>;

/**
 * What a scheme asks of the engine beside its model. `precise` is onnxruntime's `session.x64quantprecision`: int8 weights become
 * uint8 on load, whose kernels add in 32 bits. It works wherever uint8 x int8 has a kernel of its own, with VNNI too (seen in the
 * optimized graph), and leaves QLinearMatMul of opset 21 as it is.
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
