import type Stripe from "stripe";
import { invalidRequest, noSuch } from "../api/errors.js";
import { pageOf, paging, range } from "../api/lists.js";
import { mergeMetadata } from "../api/metadata.js";
import { operation } from "../api/operation.js";
import {
  type Covers,
  decimal,
  hash,
  integer,
  listOf,
  mapOf,
  metadata,
  oneOf,
  type Read,
  required,
  text,
} from "../api/params.js";
import { couponAsOfNow } from "../billing/discounts.js";
import { newId } from "../ids.js";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { getProduct } from "./products.js";

const currencyOptions = mapOf(required(hash({ amount_off: required(integer({ min: 1 })) })));

const createParams = {
  amount_off: integer({ min: 1 }),
  applies_to: hash({ products: listOf(text) }),
  currency: text,
  currency_options: currencyOptions,
  duration: oneOf("forever", "once", "repeating"),
  duration_in_months: integer({ min: 1 }),
  id: text,
  max_redemptions: integer({ min: 1 }),
  metadata,
  name: text,
  percent_off: decimal,
  redeem_by: integer(),
} satisfies Covers<Stripe.CouponCreateParams>;

const updateParams = {
  currency_options: currencyOptions,
  metadata,
  name: text,
} satisfies Covers<Stripe.CouponUpdateParams>;

const listParams = { ...paging, created: range } satisfies Covers<Stripe.CouponListParams>;

export const couponOperations = [
  operation({ method: "POST", path: "/v1/coupons", answers: "coupon", params: createParams, run: createCoupon }),
  operation({
    method: "GET",
    path: "/v1/coupons/:id",
    answers: "coupon",
    params: {},
    run: (world, _params, id) => couponAsOfNow(world, getCoupon(world, id)),
  }),
  operation({
    method: "POST",
    path: "/v1/coupons/:id",
    answers: "coupon",
    params: updateParams,
    run: (world, params, id) => {
      const before = getCoupon(world, id);
      const after = world.tables.coupon.put({
        ...before,
        currency_options: { ...before.currency_options, ...params.currency_options },
        metadata: mergeMetadata(before.metadata, params.metadata),
        name: params.name ?? before.name,
      });
      recordEvent(world, "coupon.updated", after, before);
      return couponAsOfNow(world, after);
    },
  }),
  operation({
    method: "DELETE",
    path: "/v1/coupons/:id",
    answers: "nothing",
    params: {},
    run: (world, _params, id): Stripe.DeletedCoupon => {
      const coupon = getCoupon(world, id);
      world.tables.coupon.remove(id);
      recordEvent(world, "coupon.deleted", coupon);
      return { id, object: "coupon", deleted: true };
    },
  }),
  operation({
    method: "GET",
    path: "/v1/coupons",
    answers: { list: "coupon" },
    params: listParams,
    run: (world, params) => {
      const found = world.tables.coupon
        .newestFirst()
        .filter((coupon) => params.created(coupon.created))
        .map((coupon) => couponAsOfNow(world, coupon));
      return pageOf(found, params, "/v1/coupons");
    },
  }),
];

export function getCoupon(world: World, id: string, param = "id"): Stripe.Coupon {
  const coupon = world.tables.coupon.find(id);
  if (!coupon) throw noSuch("coupon", id, param);
  return coupon;
}

function createCoupon(world: World, params: Read<typeof createParams>): Stripe.Coupon {
  const { amount_off, percent_off } = params;
  if ((amount_off === undefined) === (percent_off === undefined)) {
    throw invalidRequest("You must pass exactly one of `percent_off` or `amount_off`.");
  }
  if (percent_off !== undefined && (percent_off <= 0 || percent_off > 100)) {
    throw invalidRequest("Invalid percent_off: must be greater than 0 and at most 100.", { param: "percent_off" });
  }
  if (amount_off !== undefined && params.currency === undefined) {
    throw invalidRequest("You must pass currency when passing amount_off.", { param: "currency" });
  }
  if (params.duration === "repeating" && params.duration_in_months === undefined) {
    throw invalidRequest("You must specify duration_in_months when duration is repeating.", {
      param: "duration_in_months",
    });
  }
  if (params.duration !== "repeating" && params.duration_in_months !== undefined) {
    throw invalidRequest("`duration_in_months` is for a duration of `repeating` only.", {
      param: "duration_in_months",
    });
  }
  if (params.redeem_by !== undefined && params.redeem_by <= nowInSeconds(world)) {
    throw invalidRequest("`redeem_by` must be in the future.", { param: "redeem_by" });
  }
  if (params.id !== undefined && world.tables.coupon.find(params.id)) {
    throw invalidRequest("Coupon already exists.", { code: "resource_already_exists", param: "id" });
  }
  const products = params.applies_to?.products?.map(
    (id, index) => getProduct(world, id, `applies_to[products][${index}]`).id,
  );
  const coupon = world.tables.coupon.put({
    ...(products ? { applies_to: { products } } : {}),
    id: params.id ?? newId.coupon(),
    object: "coupon",
    amount_off: amount_off ?? null,
    created: nowInSeconds(world),
    currency: amount_off === undefined ? null : (params.currency?.toLowerCase() ?? null),
    currency_options: params.currency_options ?? {},
    duration: params.duration ?? "once",
    duration_in_months: params.duration_in_months ?? null,
    livemode: false,
    max_redemptions: params.max_redemptions ?? null,
    metadata: mergeMetadata({}, params.metadata),
    name: params.name ?? null,
    percent_off: percent_off ?? null,
    redeem_by: params.redeem_by ?? null,
    times_redeemed: 0,
    valid: true,
  });
  recordEvent(world, "coupon.created", coupon);
  return coupon;
}
