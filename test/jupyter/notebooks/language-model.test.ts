import { shippedNotebook } from "../shipped-notebook.js";

shippedNotebook("language-model.ipynb");
