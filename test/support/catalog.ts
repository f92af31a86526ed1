import type { CatalogDefinition } from "../../src/billing/catalog/catalog.js";
import { readCatalogFile } from "../../src/billing/catalog/catalog-file.js";
import { pushCatalog } from "../../src/billing/catalog/catalog-push.js";
import { makeCatalogGateway } from "../../src/stripe/catalog-gateway.js";
import type { TestApp } from "./app.js";
import { until } from "./until.js";

/** Pushes another price list, as an operator would from another process, and waits until the service goes by it. */
export async function pushChanged(app: TestApp, change: (definition: CatalogDefinition) => CatalogDefinition) {
  const definition = change(await readCatalogFile("catalog.yaml"));
  const deps = { db: app.connection.db, stripe: makeCatalogGateway(app.stripe), now: app.now };
  const { version } = await pushCatalog(deps, definition);
  await until(`catalog ${version} in force`, () =>
    app.logged.some((line) => line.includes("catalog loaded") && line.includes(`"version":${version}`)),
  );
}
