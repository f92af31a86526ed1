/** A page that names no size. */
export const defaultPage = 20;
export const largestPage = 100;

/** How many items a page counts as before it is read; a size that will be refused, as the nearest that is not. */
export function countedSize({ first, last }: { first?: number | null; last?: number | null }): number {
  return Math.min(Math.max(first ?? last ?? defaultPage, 0), largestPage);
}
