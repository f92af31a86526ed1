import { z } from "zod";
import { catalogSchema } from "./catalog-schema.js";

/** Where editors look for the schema; `catalog.yaml` names it in its first line. */
export const catalogJsonSchemaFile = "catalog.schema.json";

/** Any feature of any kind: which ones there are and of what kind, only the file itself knows. */
const anyGrants = {
  type: "object",
  additionalProperties: {
    description: "true or false for a switch; a whole number or `unlimited` for what is counted.",
    anyOf: [{ type: "boolean" }, { type: "integer", minimum: 0 }, { const: "unlimited" }],
  },
} as const;

/**
 * The text of the JSON Schema (draft 2020-12) with which editors complete and check the catalog's file.
 *
 * Made from the schema that the file is read with. What ties one line to another, such as which features there
 * are or the digits of a currency, only `npm run catalog -- check` can tell.
 */
export function renderCatalogJsonSchema(): string {
  const outline = { currency: "usd", features: {}, tiers: {} };
  const schema = z.toJSONSchema(catalogSchema(outline), {
    io: "input",
    override: ({ jsonSchema, path }) => {
      if (path.slice(-2).join(".") === "properties.features" && path.includes("additionalProperties")) {
        delete jsonSchema.properties;
        Object.assign(jsonSchema, anyGrants);
      }
    },
  });
  const { $schema, ...rest } = schema;
  const title = "A catalog of Atlantiplex Billing: tiers, the features in them, and prices";
  return `${JSON.stringify({ $schema, title, ...rest }, null, 2)}\n`;
}
