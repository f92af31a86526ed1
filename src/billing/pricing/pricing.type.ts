import { ArgsType, Field, ObjectType, registerEnumType } from "type-graphql";
import { CountryCode, CurrencyCode } from "../../graphql/scalars.js";
import { namesOf } from "../../graphql/user-error.type.js";
import type { Catalog, Interval } from "../catalog/catalog.js";
import { BillingInterval } from "../catalog/catalog.type.js";
import { currenciesOnSale, currencySources, type CurrencySource as SourceName } from "./currency.js";
import type { CurrencyWish, PricesSeen } from "./pricing.service.js";
import { tierActions } from "./tier-action.js";

export const CurrencySource = namesOf(currencySources);
registerEnumType(CurrencySource, {
  name: "CurrencySource",
  description: "Why a currency was picked.",
  valuesConfig: {
    ARGUMENT: { description: "It was asked for." },
    COUNTRY: { description: "The visitor's country pays in it, and tiers are sold in it." },
    DEFAULT: { description: "Nothing spoke for another one." },
    EXISTING_SUBSCRIPTION: { description: "The caller pays in it already, and Stripe charges nobody in two." },
  },
});

export const TierAction = namesOf(tierActions);
registerEnumType(TierAction, {
  name: "TierAction",
  description: "The step from the viewer's plan to a tier.",
  valuesConfig: {
    CONTACT_SALES: {
      description:
        "Ask about it, at `contactUrl` if there is one: it is not sold online, or not in the viewer's currency.",
    },
    CURRENT: { description: "Nothing: the viewer is on it already, at whatever interval." },
    DOWNGRADE: {
      description: "Change the plan of the running subscription to this lesser one; to the free one, cancel.",
    },
    START_TRIAL: { description: "Check out: the first days are free." },
    SUBSCRIBE: { description: "Check out; for the free tier, sign up." },
    UPGRADE: { description: "Change the plan of the running subscription to this greater one." },
  },
});

@ArgsType()
export class PricesArgs implements CurrencyWish {
  @Field(() => CurrencyCode, {
    nullable: true,
    description: "Currency to see; nothing is found when the tier is not sold in it.",
  })
  readonly currency?: string | null;

  @Field(() => CountryCode, {
    nullable: true,
    description: "Where the visitor is; its currency is used when tiers are sold in it.",
  })
  readonly country?: string | null;
}

@ArgsType()
export class PriceArgs extends PricesArgs {
  @Field(() => BillingInterval, { defaultValue: BillingInterval.MONTH, description: "How often it is charged." })
  readonly interval!: Interval;
}

@ObjectType({ description: "The prices' currency, and why it was picked." })
export class PricingContext {
  @Field(() => CurrencyCode, {
    description:
      "Currency that was used. One that was asked for, or that the viewer pays in already, is never replaced: when `availableCurrencies` lacks it, no price is found.",
  })
  readonly currency!: string;

  @Field(() => CurrencySource, { description: "How it was picked." })
  readonly source!: SourceName;

  @Field(() => [CurrencyCode], { description: "Every currency that can be asked for, the default first." })
  readonly availableCurrencies!: readonly string[];

  @Field(() => CountryCode, {
    nullable: true,
    description:
      "Country that was assumed, from the argument or the proxy's geolocation header; null when neither names one.",
  })
  readonly country!: string | null;
}

/** What prices are seen in, as the API shows it. */
export function toPricingContext(catalog: Catalog, seen: PricesSeen): PricingContext {
  return Object.assign(new PricingContext(), { ...seen, availableCurrencies: currenciesOnSale(catalog) });
}
