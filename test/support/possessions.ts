import type { Person } from "./person.js";

/** Buys a tier that has everything to show; gives the ID of one object of each type that the person then has, by type. */
export async function buyOneOfEverything(person: Person): Promise<Record<string, string>> {
  const checkout = await person.buy("professional");
  const { viewer } = await person.ask(`{ viewer { id customer { id
    tier { id price { id } features { feature { id } } }
    subscription { id } entitlements { id } usage { id }
    invoices { nodes { id } } payments { nodes { id } } } } }`);
  const { customer } = viewer;
  return {
    Viewer: viewer.id,
    Customer: customer.id,
    Tier: customer.tier.id,
    TierPrice: customer.tier.price.id,
    Feature: customer.tier.features[0].feature.id,
    BillingSubscription: customer.subscription.id,
    Entitlement: customer.entitlements[0].id,
    UsageSummary: customer.usage[0].id,
    Invoice: customer.invoices.nodes[0].id,
    Payment: customer.payments.nodes[0].id,
    CheckoutSession: checkout,
  };
}
