import { CombinedGraphQLErrors, gql } from "@apollo/client";
import type { TestApp } from "../support/app.js";
import { apolloClient } from "./apollo.js";
import { type LiveClient, type ProductClient, testPages, testReturnPage } from "./product.js";

function open(app: TestApp, token?: string): ProductClient & LiveClient {
  const { client, close } = apolloClient(app, token);
  return {
    ask: async (document, variables = {}) => (await client.query({ query: gql(document), variables })).data,
    async codesOf(document, variables = {}) {
      const asked = client.query({ query: gql(document), variables });
      const error = await asked.catch((thrown: unknown) => thrown);
      return CombinedGraphQLErrors.is(error) ? error.errors.map(({ extensions }) => extensions?.["code"]) : [];
    },
    follow: (document, variables, next) =>
      void client.subscribe({ query: gql(document), variables }).subscribe(({ data }) => next(data)),
    close,
  };
}

testPages(open);
testReturnPage(open);
