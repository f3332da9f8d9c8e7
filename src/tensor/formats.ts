import { mxfp4Format } from "./blocks/mxfp4.js";
import { mxfp6E2m3Format } from "./blocks/mxfp6-e2m3.js";
import { mxfp6E3m2Format } from "./blocks/mxfp6-e3m2.js";
import { mxfp8E4m3Format } from "./blocks/mxfp8-e4m3.js";
import { mxfp8E5m2Format } from "./blocks/mxfp8-e5m2.js";
import { mxint8Format } from "./blocks/mxint8.js";
import { nf4Format } from "./blocks/nf4.js";
import { nvfp4Format } from "./blocks/nvfp4.js";
import { q4_0Format } from "./blocks/q4-0.js";
import { q4_kFormat } from "./blocks/q4-k.js";
import { q8_0Format } from "./blocks/q8-0.js";
import { bf16Format } from "./floats/bf16.js";
import { e8m0Format } from "./floats/e8m0.js";
import { e2m1Format } from "./floats/fp4-e2m1.js";
import { e2m3Format } from "./floats/fp6-e2m3.js";
import { e3m2Format } from "./floats/fp6-e3m2.js";
import { e4m3fnFormat } from "./floats/fp8-e4m3fn.js";
import { e4m3fnuzFormat } from "./floats/fp8-e4m3fnuz.js";
import { e5m2Format } from "./floats/fp8-e5m2.js";
import { e5m2fnuzFormat } from "./floats/fp8-e5m2fnuz.js";
import { fp16Format } from "./floats/fp16.js";
import type { Format } from "./format.js";
import { integerFormats } from "./integer-formats.js";

/** Every format that values can be stored in: integers, floats, blocks. README.md shows them as a table. */
export const formats: readonly Format[] = [
  ...integerFormats,
  fp16Format,
  bf16Format,
  e4m3fnFormat,
  e5m2Format,
  e4m3fnuzFormat,
  e5m2fnuzFormat,
  e2m3Format,
  e3m2Format,
  e2m1Format,
  e8m0Format,
  mxfp8E4m3Format,
  mxfp8E5m2Format,
  mxfp6E2m3Format,
  mxfp6E3m2Format,
  mxfp4Format,
  mxint8Format,
  nvfp4Format,
  nf4Format,
  q4_0Format,
  q8_0Format,
  q4_kFormat,
];
