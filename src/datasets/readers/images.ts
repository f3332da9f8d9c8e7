import { fail } from "../../base/diagnostic.js";
import type { OptionSpec } from "../../base/option.js";
import { assemble, classLabels, type Samples, sizesOf } from "../assemble.js";
import type { DataReference } from "../dataset.js";
import { checkSource, pathOf } from "../files.js";
import { type Fit, type ImageSize, pixelStore } from "../images/decode.js";
import { type ImageFile, listImages } from "../images/folder.js";
import { keyOfText } from "../keys.js";
import { classes, shape, valueOptions } from "../options.js";
import type { DataReader } from "../reader.js";
import { type DataSettings, settingsOf } from "../settings.js";

const options: readonly OptionSpec[] = [
  {
    ...shape,
    required: true,
    summary: "[height, width, channels]: images are resized to it; 1 channel is grey, 3 is RGB",
  },
  {
    name: "fit",
    type: {
      kind: "choice",
      choices: [
        { name: "fill", summary: "stretch to the size (default)" },
        { name: "cover", summary: "keep the proportions and cut off what is over" },
        { name: "contain", summary: "keep the proportions and fill the rest with black" },
      ],
    },
    summary: "how an image of other proportions meets the shape",
    sweeps: false,
  },
  classes,
  ...valueOptions,
];

export const images: DataReader = {
  name: "images",
  summary: "a folder with one folder of png, jpeg or webp images for each class; values 0..255",
  source: "folder",
  options,
  async summarize(ref) {
    const settings = settingsOf(ref, options);
    const size = sizeOf(settings);
    const files = await listFolder(ref);
    const inputShapes = [[size.height, size.width, size.channels]];
    return { ...sizesOf(files.length, settings), inputShapes, labels: classLabels(settings) };
  },
  async open(ref) {
    const settings = settingsOf(ref, options);
    return assemble(ref, settings, folderSamples(await listFolder(ref), settings));
  },
};

async function listFolder(ref: DataReference): Promise<readonly ImageFile[]> {
  const path = pathOf(ref);
  await checkSource(path, "folder");
  return listImages(path);
}

/** The path inside the folder is an image's key: adding or removing others does not move it to the other split. */
function folderSamples(files: readonly ImageFile[], settings: DataSettings): Samples {
  const size = sizeOf(settings);
  const store = pixelStore(files, size, (settings.choice("fit") ?? "fill") as Fit);
  return {
    size: files.length,
    inputs: [{ shape: [size.height, size.width, size.channels], fill: store.fill }],
    labels: { kind: "class", values: files.map((file) => file.className) },
    keys: Float64Array.from(files, (file) => keyOfText(file.name)),
    place: (i) => ({ file: files[i]?.path ?? "", sample: i }),
    load: store.load,
    hash: store.hash,
  };
}

function sizeOf(settings: DataSettings): ImageSize {
  const [height, width, channels, ...more] = settings.shape("shape") ?? [];
  if (height === undefined || width === undefined || more.length > 0 || (channels !== 1 && channels !== 3)) {
    const given = JSON.stringify(settings.shape("shape"));
    fail("data-option-invalid", { option: "shape", expected: "[height, width, 1] or [height, width, 3]", given });
  }
  return { height, width, channels };
}
