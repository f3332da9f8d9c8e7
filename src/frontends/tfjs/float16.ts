import { getFloat16 } from "@petamoriken/float16";

let table: Float32Array | undefined;

/** Every float16 code's value, by code: exact, with infinities and NaN. */
function values(): Float32Array {
  if (table === undefined) {
    const view = new DataView(new ArrayBuffer(2));
    table = Float32Array.from({ length: 65_536 }, (_, code) => {
      view.setUint16(0, code);
      return getFloat16(view, 0);
    });
  }
  return table;
}

/** IEEE 754 binary16 codes as float32 values. */
export function decodeFloat16(codes: Uint16Array): Float32Array {
  const decoded = values();
  return Float32Array.from(codes, (code) => decoded[code] as number);
}
