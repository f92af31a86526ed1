import type { Deps } from "../../deps.js";
import { countPayers } from "../users/user.service.js";
import type { ReconciliationRow } from "./reconciliation.table.js";

/** How far a comparison has come. */
export interface ReconciliationProgress {
  /** Customers that were compared. */
  readonly done: number;
  /** Customers that there are to compare. */
  readonly total: number;
}

/** How far a comparison has come, going by its cursor. Once every customer is compared, those that were lost are looked for. */
export async function progressOf(
  deps: Deps,
  { userId, cursor, status }: ReconciliationRow,
): Promise<ReconciliationProgress> {
  if (userId !== null) return { done: status === "RUNNING" ? 0 : 1, total: 1 };
  const [stage, last = null] = cursor?.split(":") ?? [];
  const { all, upTo } = await countPayers(deps, stage === "user" ? last : null);
  return { done: stage === "customer" ? all : upTo, total: all };
}
