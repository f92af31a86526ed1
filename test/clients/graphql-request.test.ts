import { ClientError, GraphQLClient } from "graphql-request";
import type { TestApp } from "../support/app.js";
import { type ProductClient, testPages } from "./product.js";

/** As its README shows it. */
function open(app: TestApp, token?: string): ProductClient {
  const client = new GraphQLClient(`${app.url}/graphql`, {
    headers: token ? { authorization: `Bearer ${token}` } : {},
  });
  return {
    ask: (document, variables) => client.request(document, variables),
    async codesOf(document, variables) {
      const error = await client.request(document, variables).catch((thrown: unknown) => thrown);
      return error instanceof ClientError
        ? (error.response.errors ?? []).map(({ extensions }) => extensions?.["code"])
        : [];
    },
    close() {},
  };
}

testPages(open);
