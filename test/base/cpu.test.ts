import { expect, test } from "vitest";
import { parseCpuInfo } from "../../src/base/cpu.js";

test("the CPU's name and instruction sets are read from /proc/cpuinfo of x86 and ARM", () => {
  const x86 =
    "processor\t: 0\nmodel name\t: Example 9000 \nflags\t\t: fpu sse4_2 avx2 avx512f avx_vnni aes smep\n\nprocessor\t: 1\n";
  const arm = "processor\t: 0\nFeatures\t: fp asimd asimddp i8mm sme2 crc32\nCPU part\t: 0xd0c\n";
  expect(parseCpuInfo(x86)).toEqual({ model: "Example 9000", flags: ["avx2", "avx512f", "avx_vnni", "sse4_2"] });
  expect(parseCpuInfo(arm)).toEqual({ model: undefined, flags: ["asimd", "asimddp", "i8mm", "sme2"] });
  expect(parseCpuInfo("")).toEqual({ model: undefined, flags: [] });
});
