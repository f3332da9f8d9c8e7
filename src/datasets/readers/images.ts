import type { OptionSpec } from "../../base/option.js";
import { classes, shape, valueOptions } from "../options.js";
import type { DataReader } from "../reader.js";

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

  summarize: async () => {
    throw new Error("datasets: images is being written");
  },
  open: async () => {
    throw new Error("datasets: images is being written");
  },
};
