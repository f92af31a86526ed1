import type Stripe from "stripe";
import { noSuch } from "../api/errors.js";
import { matches, pageOf, paging } from "../api/lists.js";
import { mergeMetadata } from "../api/metadata.js";
import { operation, retrieval } from "../api/operation.js";
import { bool, type Covers, clearable, hash, metadata, onlyDisabled, required, text } from "../api/params.js";
import { newId } from "../ids.js";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";
import { type FeatureParams, featuresParam, noFeatures, readFeatures } from "./portal-features.js";

const shared = {
  business_profile: hash({ headline: clearable(text), privacy_policy_url: text, terms_of_service_url: text }),
  default_return_url: clearable(text),
  login_page: onlyDisabled,
  metadata,
  name: clearable(text),
};

const createParams = {
  ...shared,
  features: required(featuresParam),
} satisfies Covers<Stripe.BillingPortal.ConfigurationCreateParams>;

const updateParams = {
  ...shared,
  active: bool,
  features: featuresParam,
} satisfies Covers<Stripe.BillingPortal.ConfigurationUpdateParams>;

const listParams = {
  ...paging,
  active: bool,
  is_default: bool,
} satisfies Covers<Stripe.BillingPortal.ConfigurationListParams>;

const path = "/v1/billing_portal/configurations";
const answers = "billing_portal.configuration";

export const portalConfigurationOperations = [
  operation({
    method: "POST",
    path,
    answers,
    params: createParams,
    run: (world, params) => createConfiguration(world, params, false),
  }),
  retrieval(`${path}/:id`, answers, getConfiguration),
  operation({
    method: "POST",
    path: `${path}/:id`,
    answers,
    params: updateParams,
    run: (world, params, id) => {
      const before = getConfiguration(world, id);
      const after = world.tables["billing_portal.configuration"].put({
        ...applyChanges(world, before, params),
        active: params.active ?? before.active,
        updated: nowInSeconds(world),
      });
      recordEvent(world, "billing_portal.configuration.updated", after, before);
      return after;
    },
  }),
  operation({
    method: "GET",
    path,
    answers: { list: answers },
    params: listParams,
    run: (world, params) => {
      const found = world.tables["billing_portal.configuration"]
        .newestFirst()
        .filter((configuration) => matches(params.active, configuration.active))
        .filter((configuration) => matches(params.is_default, configuration.is_default));
      return pageOf(found, params, path);
    },
  }),
];

export function getConfiguration(world: World, id: string, param = "id"): Stripe.BillingPortal.Configuration {
  const configuration = world.tables["billing_portal.configuration"].find(id);
  if (!configuration) throw noSuch("configuration", id, param);
  return configuration;
}

/** The account's default, made when a portal is first opened. */
export function defaultConfiguration(world: World): Stripe.BillingPortal.Configuration {
  const known = world.tables["billing_portal.configuration"]
    .newestFirst()
    .find(({ is_default, active }) => is_default && active);
  return known ?? createConfiguration(world, { features: defaultFeatures }, true);
}

const defaultFeatures: FeatureParams = {
  customer_update: undefined,
  invoice_history: { enabled: true },
  payment_method_update: { enabled: true, payment_method_configuration: undefined },
  subscription_cancel: {
    enabled: true,
    mode: "at_period_end",
    cancellation_reason: undefined,
    proration_behavior: undefined,
  },
  subscription_pause: undefined,
  subscription_update: undefined,
};

type Changes = { [K in keyof typeof shared]?: ReturnType<(typeof shared)[K]> | undefined } & {
  features?: FeatureParams | undefined;
};

function createConfiguration(world: World, params: Changes, is_default: boolean): Stripe.BillingPortal.Configuration {
  const now = nowInSeconds(world);
  const built: Stripe.BillingPortal.Configuration = {
    id: newId.portalConfiguration(),
    object: "billing_portal.configuration",
    active: true,
    application: null,
    business_profile: { headline: null, privacy_policy_url: null, terms_of_service_url: null },
    created: now,
    default_return_url: null,
    features: noFeatures,
    is_default,
    livemode: false,
    login_page: { enabled: false, url: null },
    metadata: {},
    name: null,
    updated: now,
  };
  const configuration = world.tables["billing_portal.configuration"].put(applyChanges(world, built, params));
  recordEvent(world, "billing_portal.configuration.created", configuration);
  return configuration;
}

function applyChanges(
  world: World,
  before: Stripe.BillingPortal.Configuration,
  params: Changes,
): Stripe.BillingPortal.Configuration {
  const { business_profile } = params;
  return {
    ...before,
    business_profile: {
      headline: business_profile?.headline === undefined ? before.business_profile.headline : business_profile.headline,
      privacy_policy_url: business_profile?.privacy_policy_url ?? before.business_profile.privacy_policy_url,
      terms_of_service_url: business_profile?.terms_of_service_url ?? before.business_profile.terms_of_service_url,
    },
    default_return_url: params.default_return_url === undefined ? before.default_return_url : params.default_return_url,
    features: readFeatures(world, before.features, params.features),
    metadata: mergeMetadata(before.metadata, params.metadata),
    name: params.name === undefined ? before.name : params.name,
  };
}
