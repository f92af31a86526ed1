import type Stripe from "stripe";
import { invalidRequest, noSuch } from "../api/errors.js";
import { matches, pageOf, paging, range } from "../api/lists.js";
import { mergeMetadata } from "../api/metadata.js";
import { operation } from "../api/operation.js";
import {
  bool,
  type Covers,
  hash,
  integer,
  mapOf,
  metadata,
  notHere,
  oneOf,
  type Read,
  required,
  text,
} from "../api/params.js";
import { asOfNow, isRedeemable } from "../billing/discounts.js";
import { idOf } from "../billing/price-amounts.js";
import { newId, randomText } from "../ids.js";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { getCoupon } from "./coupons.js";
import { getCustomer } from "./customers.js";

const minimums = mapOf(required(hash({ minimum_amount: required(integer({ min: 1 })) })));

const createParams = {
  active: bool,
  code: text,
  customer: text,
  customer_account: notHere,
  expires_at: integer(),
  max_redemptions: integer({ min: 1 }),
  metadata,
  promotion: required(hash({ coupon: required(text), type: required(oneOf("coupon")) })),
  restrictions: hash({
    currency_options: minimums,
    first_time_transaction: bool,
    minimum_amount: integer({ min: 1 }),
    minimum_amount_currency: text,
  }),
} satisfies Covers<Stripe.PromotionCodeCreateParams>;

const updateParams = {
  active: bool,
  metadata,
  restrictions: hash({ currency_options: minimums }),
} satisfies Covers<Stripe.PromotionCodeUpdateParams>;

const listParams = {
  ...paging,
  active: bool,
  code: text,
  coupon: text,
  created: range,
  customer: text,
  customer_account: notHere,
} satisfies Covers<Stripe.PromotionCodeListParams>;

const path = "/v1/promotion_codes";
const answers = "promotion_code";

export const promotionCodeOperations = [
  operation({ method: "POST", path, answers, params: createParams, run: createPromotionCode }),
  operation({
    method: "GET",
    path: `${path}/:id`,
    answers,
    params: {},
    run: (world, _params, id) => asOfNow(world, getPromotionCode(world, id)),
  }),
  operation({
    method: "POST",
    path: `${path}/:id`,
    answers,
    params: updateParams,
    run: (world, params, id) => {
      const before = getPromotionCode(world, id);
      if (params.active && !asOfNow(world, { ...before, active: true }).active) {
        throw invalidRequest("This promotion code has ended, or its coupon has: it cannot be active.", {
          param: "active",
        });
      }
      const metadata = mergeMetadata(before.metadata, params.metadata);
      const currency_options = { ...before.restrictions.currency_options, ...params.restrictions?.currency_options };
      const after = world.tables.promotion_code.put({
        ...before,
        active: params.active ?? before.active,
        metadata,
        restrictions: { ...before.restrictions, currency_options },
      });
      recordEvent(world, "promotion_code.updated", after, before);
      return asOfNow(world, after);
    },
  }),
  operation({
    method: "GET",
    path,
    answers: { list: answers },
    params: listParams,
    run: (world, params) => {
      const found = world.tables.promotion_code
        .newestFirst()
        .map((code) => asOfNow(world, code))
        .filter((code) => matches(params.active, code.active) && params.created(code.created))
        .filter((code) => matches(params.code?.toLowerCase(), code.code.toLowerCase()))
        .filter((code) => matches(params.coupon, code.promotion.coupon && idOf(code.promotion.coupon)))
        .filter((code) => matches(params.customer, code.customer && idOf(code.customer)));
      return pageOf(found, params, path);
    },
  }),
];

/** The active code of that spelling, whatever the case: the customer's own, or else one for everybody. */
export function findPromotionCode(
  world: World,
  code: string,
  customer: string | null,
): Stripe.PromotionCode | undefined {
  const wanted = code.trim().toLowerCase();
  const same = world.tables.promotion_code
    .newestFirst()
    .filter((known) => known.code.toLowerCase() === wanted && asOfNow(world, known).active);
  const own = same.find((known) => known.customer !== null && idOf(known.customer) === customer);
  return own ?? same.find((known) => known.customer === null);
}

function getPromotionCode(world: World, id: string): Stripe.PromotionCode {
  const code = world.tables.promotion_code.find(id);
  if (!code) throw noSuch("promotion code", id);
  return code;
}

function createPromotionCode(world: World, params: Read<typeof createParams>): Stripe.PromotionCode {
  const coupon = getCoupon(world, params.promotion.coupon, "promotion[coupon]");
  const { minimum_amount, minimum_amount_currency } = params.restrictions ?? {};
  if ((minimum_amount === undefined) !== (minimum_amount_currency === undefined)) {
    throw invalidRequest("You must pass `minimum_amount` and `minimum_amount_currency` together.");
  }
  refuseBeyondCoupon(world, params, coupon);
  if (params.customer !== undefined) getCustomer(world, params.customer, "customer");
  const code = params.code ?? randomText(8).toUpperCase();
  const known = findPromotionCode(world, code, params.customer ?? null);
  if (known && (known.customer === null) === (params.customer === undefined)) {
    throw invalidRequest(`An active promotion code with \`code: ${code}\` already exists.`, { param: "code" });
  }
  const created = world.tables.promotion_code.put({
    id: newId.promotionCode(),
    object: "promotion_code",
    active: params.active ?? true,
    code,
    created: nowInSeconds(world),
    customer: params.customer ?? null,
    customer_account: null,
    expires_at: params.expires_at ?? null,
    livemode: false,
    max_redemptions: params.max_redemptions ?? null,
    metadata: mergeMetadata({}, params.metadata),
    promotion: { coupon: coupon.id, type: "coupon" },
    restrictions: {
      currency_options: params.restrictions?.currency_options ?? {},
      first_time_transaction: params.restrictions?.first_time_transaction ?? false,
      minimum_amount: params.restrictions?.minimum_amount ?? null,
      minimum_amount_currency: params.restrictions?.minimum_amount_currency?.toLowerCase() ?? null,
    },
    times_redeemed: 0,
  });
  recordEvent(world, "promotion_code.created", created);
  return created;
}

/** A code is good for no longer and no more often than its coupon. https://docs.stripe.com/billing/subscriptions/coupons */
function refuseBeyondCoupon(world: World, params: Read<typeof createParams>, coupon: Stripe.Coupon): void {
  const { expires_at, max_redemptions } = params;
  if (!isRedeemable(world, coupon)) {
    throw invalidRequest(`Coupon ${coupon.id} is no longer valid.`, { param: "promotion[coupon]" });
  }
  if (expires_at !== undefined && expires_at <= nowInSeconds(world)) {
    throw invalidRequest("`expires_at` must be in the future.", { param: "expires_at" });
  }
  if (expires_at !== undefined && coupon.redeem_by !== null && expires_at > coupon.redeem_by) {
    throw invalidRequest("`expires_at` cannot be after the coupon's `redeem_by`.", { param: "expires_at" });
  }
  if (max_redemptions !== undefined && coupon.max_redemptions !== null && max_redemptions > coupon.max_redemptions) {
    throw invalidRequest("`max_redemptions` cannot be more than the coupon's.", { param: "max_redemptions" });
  }
}
