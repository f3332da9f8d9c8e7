import { shippedNotebook } from "../shipped-notebook.js";

shippedNotebook("first-sweep.ipynb");
