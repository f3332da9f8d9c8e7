import { shippedNotebook } from "../shipped-notebook.js";

shippedNotebook("train-and-quantize.ipynb");
