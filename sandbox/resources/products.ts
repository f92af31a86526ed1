import type Stripe from "stripe";
import { invalidRequest, noSuch } from "../api/errors.js";
import { matches, pageOf, paging, range } from "../api/lists.js";
import { mergeMetadata } from "../api/metadata.js";
import { operation, retrieval } from "../api/operation.js";
import { bool, type Covers, clearable, hash, listOf, metadata, notHere, oneOf, required, text } from "../api/params.js";
import { buildProduct } from "../billing/build-product.js";
import { recordEvent } from "../webhooks/events.js";
import { nowInSeconds, type World } from "../world.js";

const shared = {
  active: bool,
  description: clearable(text),
  images: clearable(listOf(text)),
  marketing_features: clearable(listOf(hash({ name: required(text) }))),
  metadata,
  package_dimensions: notHere,
  shippable: bool,
  statement_descriptor: text,
  tax_code: notHere,
  tax_details: notHere,
  unit_label: clearable(text),
  url: clearable(text),
};

const createParams = {
  ...shared,
  name: required(text),
  default_price_data: notHere,
  id: text,
  type: oneOf("service", "good"),
} satisfies Covers<Stripe.ProductCreateParams>;

const updateParams = {
  ...shared,
  name: text,
  default_price: clearable(text),
} satisfies Covers<Stripe.ProductUpdateParams>;

const listParams = {
  ...paging,
  active: bool,
  created: range,
  ids: listOf(text),
  shippable: bool,
  type: oneOf("service", "good"),
  url: text,
} satisfies Covers<Stripe.ProductListParams>;

export const productOperations = [
  operation({
    method: "POST",
    path: "/v1/products",
    answers: "product",
    params: createParams,
    run: (world, params) => {
      if (params.id !== undefined && world.tables.product.find(params.id)) {
        throw invalidRequest("Product already exists.", { code: "resource_already_exists", param: "id" });
      }
      return createProduct(world, params);
    },
  }),
  retrieval("/v1/products/:id", "product", getProduct),
  operation({
    method: "POST",
    path: "/v1/products/:id",
    answers: "product",
    params: updateParams,
    run: (world, params, id) => {
      const before = getProduct(world, id);
      const { default_price } = params;
      if (default_price && world.tables.price.find(default_price)?.product !== id) {
        throw noSuch("price", default_price, "default_price");
      }
      const changed = applyChanges(before, params);
      const after = world.tables.product.put({
        ...changed,
        default_price: default_price === undefined ? (before.default_price ?? null) : default_price,
        updated: nowInSeconds(world),
      });
      recordEvent(world, "product.updated", after, before);
      return after;
    },
  }),
  operation({
    method: "DELETE",
    path: "/v1/products/:id",
    answers: "nothing",
    params: {},
    run: (world, _params, id): Stripe.DeletedProduct => {
      const product = getProduct(world, id);
      if (world.tables.price.newestFirst().some((price) => price.product === id)) {
        throw invalidRequest("This product cannot be deleted because it has one or more user-created prices.");
      }
      world.tables.product.remove(id);
      recordEvent(world, "product.deleted", product);
      return { id, object: "product", deleted: true };
    },
  }),
  operation({
    method: "GET",
    path: "/v1/products",
    answers: { list: "product" },
    params: listParams,
    run: (world, params) => {
      const found = world.tables.product
        .newestFirst()
        .filter((product) => matches(params.active, product.active) && params.created(product.created))
        .filter((product) => params.ids === undefined || params.ids.includes(product.id))
        .filter((product) => matches(params.shippable, product.shippable) && matches(params.type, product.type))
        .filter((product) => matches(params.url, product.url));
      return pageOf(found, params, "/v1/products");
    },
  }),
];

export function getProduct(world: World, id: string, param = "id"): Stripe.Product {
  const product = world.tables.product.find(id);
  if (!product) throw noSuch("product", id, param);
  return product;
}

type Changes = { [K in keyof typeof shared]?: ReturnType<(typeof shared)[K]> | undefined } & {
  name?: string | undefined;
};

/** Also behind a price's `product_data`. */
export function createProduct(
  world: World,
  params: Changes & { name: string; id?: string | undefined },
): Stripe.Product {
  const named = buildProduct(world, params.name);
  const built = { ...named, id: params.id ?? named.id };
  const product = world.tables.product.put(applyChanges(built, params));
  recordEvent(world, "product.created", product);
  return product;
}

function applyChanges(product: Stripe.Product, params: Changes): Stripe.Product {
  return {
    ...product,
    active: params.active ?? product.active,
    description: params.description === undefined ? product.description : params.description,
    images: params.images === undefined ? product.images : (params.images ?? []),
    marketing_features:
      params.marketing_features === undefined ? product.marketing_features : (params.marketing_features ?? []),
    metadata: mergeMetadata(product.metadata, params.metadata),
    name: params.name ?? product.name,
    shippable: params.shippable ?? product.shippable,
    statement_descriptor: params.statement_descriptor ?? product.statement_descriptor ?? null,
    unit_label: params.unit_label === undefined ? (product.unit_label ?? null) : params.unit_label,
    url: params.url === undefined ? product.url : params.url,
  };
}
