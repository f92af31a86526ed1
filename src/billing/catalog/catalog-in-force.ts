import type { Logger } from "pino";
import type { Db } from "../../db/client.js";
import { BillingError } from "../../errors.js";
import type { LiveUpdates } from "../../live/listen.js";
import type { Catalog } from "./catalog.js";
import { findCatalog } from "./catalog.repository.js";

/** The catalog that this process goes by. */
export interface CatalogInForce {
  isLoaded(): boolean;
  /** Throws UPSTREAM_UNAVAILABLE before the first push. */
  get(): Catalog;
}

/** Keeps the newest catalog in memory: it is read again whenever any process pushes one. */
export async function keepCatalog(db: Db, live: LiveUpdates, log: Logger): Promise<CatalogInForce> {
  let current: Catalog | undefined;
  const load = async () => {
    const newest = await findCatalog(db);
    // Two pushes in a row may be read in the other order.
    if (newest && newest.version >= (current?.version ?? 0)) current = newest;
  };
  // Listening starts before the first look, so that no push falls between the two.
  live.onEvery("catalog", () => {
    load().then(
      () => log.info({ version: current?.version }, "catalog loaded"),
      (error: unknown) => log.error({ err: error }, "the new catalog could not be read; the old one stays in force"),
    );
  });
  await load();
  if (!current) log.warn("no catalog has been pushed yet: run `npm run catalog -- push`");
  return {
    isLoaded: () => current !== undefined,
    get: () => {
      if (current) return current;
      throw new BillingError("UPSTREAM_UNAVAILABLE", "This service has no catalog yet.", { retryable: true });
    },
  };
}
