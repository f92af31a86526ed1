import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { catalogJsonSchemaFile, renderCatalogJsonSchema } from "../billing/catalog/catalog-json-schema.js";
import { buildPlainSchema, printPublic, printSorted } from "../graphql/schema.js";

/**
 * `npm run schema`: writes `schema.graphql`, `schema.public.graphql` and `catalog.schema.json`, the JSON Schema of
 * `catalog.yaml`; with `--check`, only says whether they are true.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
  const schema = buildPlainSchema();
  const files = {
    "schema.graphql": printSorted(schema),
    "schema.public.graphql": printPublic(schema),
    [catalogJsonSchemaFile]: renderCatalogJsonSchema(),
  };
  for (const [file, text] of Object.entries(files)) {
    if (!values.check) await writeFile(file, text);
    else if ((await readFile(file, "utf8").catch(() => "")) !== text)
      throw new Error(`${file} is stale: run \`npm run schema\`.`);
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
