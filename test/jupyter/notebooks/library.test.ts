import { shippedNotebook } from "../shipped-notebook.js";

shippedNotebook("library.ipynb");
