import { isMissingHere } from "./stripe-errors.js";

/**
 * All that a list of the Stripe account has, a page at a time. `list` gives the page after an object.
 *
 * Should the list begin anew, as `pageAfter` says, something comes twice.
 */
export async function* accountPages<T extends { readonly id: string }>(
  list: (after: string | null) => Promise<T[]>,
): AsyncGenerator<T[]> {
  let after: string | null = null;
  for (;;) {
    const page: T[] = await pageAfter(list, after);
    const last = page.at(-1);
    if (!last) return;
    yield page;
    after = last.id;
  }
}

/** The page after an object. Should that have been deleted since, Stripe cannot go on from there: it is the first page again. */
export async function pageAfter<T>(list: (after: string | null) => Promise<T[]>, after: string | null): Promise<T[]> {
  try {
    return await list(after);
  } catch (error) {
    if (after === null || !isMissingHere(error)) throw error;
    return list(null);
  }
}
