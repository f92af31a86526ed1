import type Stripe from "stripe";
import { invalidRequest, noSuch } from "./errors.js";
import { integer, type Read, type Reader, readParams, text } from "./params.js";

/** The parameters every list takes. */
export const paging = { limit: integer({ min: 1, max: 100 }), starting_after: text, ending_before: text };

/** The page of a list that was asked for; `newestFirst` has been filtered already. */
export function pageOf<T extends { id: string; created?: number }>(
  newestFirst: T[],
  params: Read<typeof paging>,
  url: string,
): Stripe.ApiList<T> {
  const { limit = 10, starting_after, ending_before } = params;
  if (starting_after !== undefined && ending_before !== undefined) {
    throw invalidRequest("You cannot parameterize both starting_after and ending_before.");
  }
  const all = [...newestFirst].sort((one, other) => (other.created ?? 0) - (one.created ?? 0));
  if (ending_before !== undefined) {
    const before = all.slice(0, positionOf(all, ending_before, "ending_before"));
    return { object: "list", data: before.slice(-limit), has_more: before.length > limit, url };
  }
  const rest = starting_after === undefined ? all : all.slice(positionOf(all, starting_after, "starting_after") + 1);
  return { object: "list", data: rest.slice(0, limit), has_more: rest.length > limit, url };
}

function positionOf(all: { id: string }[], id: string, param: string): number {
  const position = all.findIndex((record) => record.id === id);
  if (position < 0) throw noSuch("object", id, param);
  return position;
}

const bounds = { gt: integer(), gte: integer(), lt: integer(), lte: integer() };

/** `created=n` or `created[gte]=n…`, read as a test. */
export const range: Reader<(value: number) => boolean> = (value, at) => {
  if (value === undefined) return () => true;
  if (typeof value === "string") {
    const exact = integer()(value, at);
    return (tested) => tested === exact;
  }
  const { gt, gte, lt, lte } = readParams(bounds, value, at);
  return (tested) =>
    (gt === undefined || tested > gt) &&
    (gte === undefined || tested >= gte) &&
    (lt === undefined || tested < lt) &&
    (lte === undefined || tested <= lte);
};

/** A filter not given lets everything through. */
export function matches<T>(wanted: T | undefined, value: unknown): boolean {
  return wanted === undefined || wanted === value;
}
