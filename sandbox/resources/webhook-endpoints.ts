import type Stripe from "stripe";
import { invalidParameter, noSuch } from "../api/errors.js";
import { knownVersions } from "../api/known-versions.js";
import { pageOf, paging } from "../api/lists.js";
import { mergeMetadata } from "../api/metadata.js";
import { operation } from "../api/operation.js";
import {
  bool,
  type Covers,
  clearable,
  listOf,
  metadata,
  oneOf,
  onlyFalse,
  type Reader,
  required,
  text,
} from "../api/params.js";
import { newId } from "../ids.js";
import { eventTypes } from "../webhooks/event-types.js";
import { apiVersion, nowInSeconds, type World } from "../world.js";

/** At least one type that Stripe knows, or `*`. */
const enabledEvents: Reader<string[] | undefined> = (value, at) => {
  const types = listOf(oneOf("*", ...eventTypes))(value, at);
  if (types?.length !== 0) return types;
  throw invalidParameter("parameter_invalid_empty", "You must enable at least one event.", at);
};

const address: Reader<string | undefined> = (value, at) => {
  const url = text(value, at);
  if (url === undefined || isAddress(url)) return url;
  const message = "Invalid URL: An explicit scheme (such as https) must be provided.";
  throw invalidParameter("url_invalid", message, at);
};

/** Whether events can be sent there. */
export function isAddress(url: string): boolean {
  return URL.canParse(url) && /^https?:/i.test(url);
}

const createParams = {
  api_version: oneOf(...knownVersions),
  connect: onlyFalse,
  description: clearable(text),
  enabled_events: required(enabledEvents),
  metadata,
  url: required(address),
} satisfies Covers<Stripe.WebhookEndpointCreateParams>;

const updateParams = {
  description: clearable(text),
  disabled: bool,
  enabled_events: enabledEvents,
  metadata,
  url: address,
} satisfies Covers<Stripe.WebhookEndpointUpdateParams>;

const path = "/v1/webhook_endpoints";
const answers = "webhook_endpoint";

export const webhookEndpointOperations = [
  operation({
    method: "POST",
    path,
    answers,
    params: createParams,
    // The only answer that shows the secret.
    run: (world, params) =>
      createWebhookEndpoint(world, {
        apiVersion: params.api_version ?? apiVersion,
        url: params.url,
        secret: newId.webhookSecret(),
        enabledEvents: params.enabled_events,
        description: params.description ?? null,
        metadata: mergeMetadata({}, params.metadata),
      }),
  }),
  operation({
    method: "GET",
    path: `${path}/:id`,
    answers,
    params: {},
    run: (world, _params, id) => withoutSecret(getWebhookEndpoint(world, id)),
  }),
  operation({
    method: "POST",
    path: `${path}/:id`,
    answers,
    params: updateParams,
    run: (world, params, id) => {
      const before = getWebhookEndpoint(world, id);
      const status = params.disabled === undefined ? before.status : params.disabled ? "disabled" : "enabled";
      return withoutSecret(
        world.tables.webhook_endpoint.put({
          ...before,
          description: params.description === undefined ? before.description : params.description,
          enabled_events: params.enabled_events ?? before.enabled_events,
          metadata: mergeMetadata(before.metadata, params.metadata),
          status,
          url: params.url ?? before.url,
        }),
      );
    },
  }),
  operation({
    method: "DELETE",
    path: `${path}/:id`,
    answers: "nothing",
    params: {},
    run: (world, _params, id): Stripe.DeletedWebhookEndpoint => {
      world.tables.webhook_endpoint.remove(getWebhookEndpoint(world, id).id);
      return { id, object: "webhook_endpoint", deleted: true };
    },
  }),
  operation({
    method: "GET",
    path,
    answers: { list: answers },
    params: paging satisfies Covers<Stripe.WebhookEndpointListParams>,
    run: (world, params) => pageOf(world.tables.webhook_endpoint.newestFirst().map(withoutSecret), params, path),
  }),
];

export interface NewEndpoint {
  /** Named on the events it is sent; their shapes are the sandbox's one version all the same. */
  apiVersion?: string;
  url: string;
  secret: string;
  enabledEvents: string[];
  description: string | null;
  metadata: Record<string, string>;
}

function createWebhookEndpoint(world: World, endpoint: NewEndpoint): Stripe.WebhookEndpoint {
  return world.tables.webhook_endpoint.put({
    id: newId.webhookEndpoint(),
    object: "webhook_endpoint",
    api_version: endpoint.apiVersion ?? apiVersion,
    application: null,
    created: nowInSeconds(world),
    description: endpoint.description,
    enabled_events: endpoint.enabledEvents,
    livemode: false,
    metadata: endpoint.metadata,
    secret: endpoint.secret,
    status: "enabled",
    url: endpoint.url,
  });
}

/** Makes the endpoint of an address, which gets all events, or gives the one that there is this secret. */
export function upsertWebhookEndpoint(
  world: World,
  { url, secret }: { url: string; secret: string },
): Stripe.WebhookEndpoint {
  const known = world.tables.webhook_endpoint.newestFirst().find((endpoint) => endpoint.url === url);
  if (!known) {
    return createWebhookEndpoint(world, { url, secret, enabledEvents: ["*"], description: null, metadata: {} });
  }
  return world.tables.webhook_endpoint.put({ ...known, enabled_events: ["*"], secret, status: "enabled" });
}

function getWebhookEndpoint(world: World, id: string): Stripe.WebhookEndpoint {
  const endpoint = world.tables.webhook_endpoint.find(id);
  if (!endpoint) throw noSuch("webhook endpoint", id);
  return endpoint;
}

function withoutSecret(endpoint: Stripe.WebhookEndpoint): Stripe.WebhookEndpoint {
  const { secret, ...shown } = endpoint;
  return shown;
}
