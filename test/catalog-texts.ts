import { CatalogFileError } from "../src/billing/catalog/catalog-fault.js";
import { parseCatalog } from "../src/billing/catalog/catalog-file.js";

/** A catalog without a fault. */
export const sound = `
currency: usd
features:
  guests:
    name: Guests
    kind: limit
    unit: guest
  scenes:
    name: Scenes
    kind: switch
tiers:
  free:
    name: Free
    default: true
    features:
      guests: 1
  pro:
    name: Pro
    prices:
      month: 29.99
    features:
      guests: unlimited
      scenes: true
  crew:
    name: Crew
    hidden: true
    staff: true
`.trimStart();

/** The sound file with one text in it replaced. */
export function changed(from: string, to: string): string {
  if (!sound.includes(from)) throw new Error(`The sound file has no ${from}`);
  return sound.replace(from, to);
}

/** What is wrong with a file, a line each. */
export function faultsOf(text: string): string[] {
  try {
    parseCatalog(text, "catalog.yaml");
    return [];
  } catch (error) {
    if (error instanceof CatalogFileError) return error.message.split("\n");
    throw error;
  }
}
