import type { CatalogGateway } from "../../stripe/catalog-gateway.js";
import type { StoredPortalSettings } from "../../stripe/portal-settings.js";
import { type CatalogChange, creationKey } from "./catalog-change.js";

/** The portal's settings that are ours: Stripe keeps them for good, so the first ones made are the ones. */
export function portalSettingsOf(known: readonly StoredPortalSettings[]): StoredPortalSettings | undefined {
  return known.find((settings) => settings.isActive) ?? known[0];
}

/** What gives the billing portal the settings that this service wants. */
export function planPortal(stripe: CatalogGateway, known: readonly StoredPortalSettings[]): CatalogChange[] {
  const ours = portalSettingsOf(known);
  if (!ours) {
    const summary = "create settings of the billing portal: card, address, invoices, cancelling at the period's end";
    return [{ summary, apply: () => stripe.createPortalSettings(creationKey({ portal: "settings" })) }];
  }
  if (ours.isActive && ours.isAsWanted) return [];
  return [
    {
      summary: `reset settings ${ours.id} of the billing portal: they were changed in Stripe or by a new release`,
      apply: () => stripe.resetPortalSettings(ours.id),
    },
  ];
}
