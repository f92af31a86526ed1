import type { UserRow } from "./user.table.js";

/** What is stored of something personal: nothing once its owner was forgotten, however late it is read. */
export function unlessForgotten<T>({ forgottenAt }: UserRow, personal: T): T | null {
  return forgottenAt === null ? personal : null;
}
