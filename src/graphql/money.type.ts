import { Arg, Ctx, Field, ObjectType } from "type-graphql";
import { BillingError } from "../errors.js";
import { canonicalLocale, decimalOf, formatMoney } from "../money.js";
import type { Localized } from "./context.js";
import { CurrencyCode, DateTime, Decimal, SafeInt } from "./scalars.js";

@ObjectType({ description: "An amount of money. `amount` is exact; never do arithmetic on `formatted`." })
export class Money {
  @Field(() => SafeInt, {
    description: "Amount in the currency's minor unit: 1999 is 19.99 USD, 500 is 500 JPY.",
  })
  readonly amount!: number;

  @Field(() => CurrencyCode, { description: "Currency of the amount." })
  readonly currency!: string;

  @Field(() => Decimal, { description: "The same amount in the major unit, for example `19.99`." })
  decimal(): string {
    return decimalOf(this.amount, this.currency);
  }

  @Field(() => String, {
    description: "Ready to print for a BCP 47 locale; without one, the request's `Accept-Language`, else English.",
  })
  formatted(
    @Arg("locale", () => String, {
      nullable: true,
      description:
        "BCP 47 locale, for example `de-DE`; the request's `Accept-Language` when left out. One that nobody has heard of reads as English, text that is no locale is bad input.",
    })
    locale: string | null | undefined,
    @Ctx() context: Localized,
  ): string {
    return formatMoney(this.amount, this.currency, localeOf(locale ?? undefined, context));
  }
}

function localeOf(asked: string | undefined, context: Localized): string {
  if (asked === undefined) return context.locale;
  const canonical = canonicalLocale(asked);
  if (canonical !== undefined) return canonical;
  throw new BillingError("BAD_USER_INPUT", "A locale is a BCP 47 tag, for example de-DE, en or zh-Hant-TW.");
}

/** An amount in minor units, as the API shows it. */
export function money(amount: number, currency: string): Money {
  return Object.assign(new Money(), { amount, currency: currency.toUpperCase() });
}

@ObjectType({ description: "A half-open span of time, `start` included and `end` excluded." })
export class Period {
  @Field(() => DateTime, { description: "First instant of the span." })
  readonly start!: Date;

  @Field(() => DateTime, { description: "First instant after the span." })
  readonly end!: Date;
}
