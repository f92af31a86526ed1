import type { World } from "../world.js";
import { invalidParameter, unknownParameter } from "./errors.js";
import type { Operation } from "./operation.js";

type Form = Record<string, unknown>;
type Rewrite = (form: Form, world: World, version: string | null) => Form;

/**
 * What callers of older versions, and those who name none, may say in the words of their time.
 *
 * Only what means exactly the same today is put into today's words; anything else is refused as it would be for
 * everybody. What Stripe changed: https://docs.stripe.com/changelog
 */
const rewrites: Record<string, Rewrite[]> = {
  "POST /v1/checkout/sessions": [withoutCards],
  "POST /v1/invoices/create_preview": [anchorAsHash("subscription_details")],
  "POST /v1/payment_intents": [cardsByDefault],
  "POST /v1/promotion_codes": [couponAsPromotion],
  "POST /v1/setup_intents": [cardsByDefault],
  "POST /v1/subscription_schedules": [iterationsAsDurations],
  "POST /v1/subscription_schedules/:id": [iterationsAsDurations],
  "POST /v1/subscription_items": [planAsPrice],
  "POST /v1/subscription_items/:id": [planAsPrice],
  "POST /v1/subscriptions": [codesAsDiscounts, plansAsPrices],
  "POST /v1/subscriptions/:id": [codesAsDiscounts, anchorAsHash(), plansAsPrices],
  "POST /v1/subscriptions/:id/resume": [anchorAsHash()],
};

/** What is taken from them alone, for want of words today. */
const outdated: Record<string, string[]> = {
  "POST /v1/customers": ["coupon"],
  "POST /v1/customers/:id": ["coupon"],
  "POST /v1/payment_intents": ["payment_method_types"],
  "POST /v1/payment_intents/:id": ["payment_method_types"],
  "POST /v1/setup_intents": ["payment_method_types"],
  "POST /v1/setup_intents/:id": ["payment_method_types"],
};

/** Refuses what the sandbox's own version has no word for. */
export function refuseOutdated({ method, path }: Operation, form: Form): void {
  const found = outdated[`${method} ${path}`]?.find((name) => name in form);
  if (found === "payment_method_types") {
    const message = "`payment_method_types` is no longer supported; `allowed_payment_method_types` took its place.";
    throw invalidParameter("payment_method_types_no_longer_supported", message, found);
  }
  if (found !== undefined) throw unknownParameter(found);
}

/** The form as a caller of the sandbox's own version would have sent it; `version` is null for who named none. */
export function inCurrentWords(world: World, { method, path }: Operation, form: Form, version: string | null): Form {
  return (rewrites[`${method} ${path}`] ?? []).reduce((rewritten, rewrite) => rewrite(rewritten, world, version), form);
}

/** Until endive a list of methods could be given; cards alone are what the sandbox has anyway. */
function withoutCards(form: Form): Form {
  const { payment_method_types: types, ...rest } = form;
  return Array.isArray(types) && types.length === 1 && types[0] === "card" ? rest : form;
}

/** Until 2023-08-16 a payment took cards alone unless it asked for more: https://docs.stripe.com/upgrades#2023-08-16 */
function cardsByDefault(form: Form, _world: World, version: string | null): Form {
  const isOld = version === null || version < "2023-08-16";
  const hasSaid = "payment_method_types" in form || "automatic_payment_methods" in form || "return_url" in form;
  return isOld && !hasSaid ? { ...form, payment_method_types: ["card"] } : form;
}

/** Until clover a promotion code's `coupon` stood by itself. */
function couponAsPromotion(form: Form): Form {
  const { coupon, ...rest } = form;
  return coupon === undefined ? form : { ...rest, promotion: { type: "coupon", coupon } };
}

/** Until basil a subscription took one `coupon` or `promotion_code`. */
function codesAsDiscounts(form: Form): Form {
  const { coupon, promotion_code, ...rest } = form;
  if (coupon === undefined && promotion_code === undefined) return form;
  const given = { ...(coupon !== undefined && { coupon }), ...(promotion_code !== undefined && { promotion_code }) };
  return { ...rest, discounts: coupon === "" ? "" : [given] };
}

/** A recurring price was a plan until 2020, and of the same id. */
function planAsPrice(form: Form): Form {
  const { plan, ...rest } = form;
  return plan === undefined || "price" in form ? form : { ...rest, price: plan };
}

function plansAsPrices(form: Form): Form {
  if (!Array.isArray(form["items"])) return form;
  return { ...form, items: form["items"].map((item) => (isForm(item) ? planAsPrice(item) : item)) };
}

/** Until endive `billing_cycle_anchor` was `now` or `unchanged`, and is now a hash around it. */
function anchorAsHash(within?: string): Rewrite {
  return (form) => {
    const around = within === undefined ? form : form[within];
    if (!isForm(around)) return form;
    const { billing_cycle_anchor: anchor } = around;
    if (anchor !== "now" && anchor !== "unchanged") return form;
    const rewritten = { ...around, billing_cycle_anchor: { type: anchor } };
    return within === undefined ? rewritten : { ...form, [within]: rewritten };
  };
}

/** Until clover a phase lasted so many `iterations` of its first item's interval. */
function iterationsAsDurations(form: Form, world: World): Form {
  if (!Array.isArray(form["phases"])) return form;
  return { ...form, phases: form["phases"].map((phase) => (isForm(phase) ? withDuration(phase, world) : phase)) };
}

function withDuration(phase: Form, world: World): Form {
  const { iterations, ...rest } = phase;
  const items = Array.isArray(phase["items"]) ? phase["items"] : [];
  const price = isForm(items[0]) ? world.tables.price.find(String(items[0]["price"])) : undefined;
  const count = Number(iterations);
  if (!price?.recurring || !Number.isInteger(count) || count < 1) return phase;
  const { interval, interval_count } = price.recurring;
  return { ...rest, duration: { interval, interval_count: String(interval_count * count) } };
}

function isForm(value: unknown): value is Form {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
