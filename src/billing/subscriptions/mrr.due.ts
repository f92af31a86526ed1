import { type Deps, inTransaction } from "../../deps.js";
import { mrrColumns } from "./mrr.js";
import { findOutdatedMrr, storeMrr } from "./mrr.repository.js";

const batch = 500;

/**
 * Works comparable revenue out anew where nothing at Stripe tells of a change: when a discount ended, when the
 * catalog got another default currency, and for rows of a release that did not know it.
 */
export async function refreshMrr(deps: Deps): Promise<void> {
  let count: number;
  do {
    count = await inTransaction(deps, refreshSome);
  } while (count === batch);
}

/** Rows are locked while they are worked on, so that what a sync writes meanwhile is not overwritten. */
async function refreshSome({ db, catalog, now }: Deps): Promise<number> {
  const rows = await findOutdatedMrr(db, catalog().currency, now(), batch);
  const figures = rows.map((row) => ({ id: row.id, ...mrrColumns(catalog(), row, now()) }));
  if (figures.length > 0) await storeMrr(db, figures);
  return rows.length;
}
