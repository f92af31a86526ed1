import type { Tables } from "./tables.js";

/** An object by its id alone: ids are unique across kinds. */
export function findAnywhere(tables: Tables, id: string): object | undefined {
  for (const table of Object.values(tables)) {
    const found = table.find(id);
    if (found) return found;
  }
  return undefined;
}
