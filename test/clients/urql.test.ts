import { Client, cacheExchange, fetchExchange, subscriptionExchange } from "@urql/core";
import { createClient as createSocket } from "graphql-ws";
import { expect } from "vitest";
import WebSocket from "ws";
import { type TestApp, test } from "../support/app.js";
import { type LiveClient, operations, type ProductClient, testPages, testReturnPage } from "./product.js";

/** Urql asks by GET where the address does not get too long. No page of others can send this header: see the README. */
const sameSite = { "apollo-require-preflight": "true" };

/** As its documentation shows it, with its cache and with streams over WebSocket. */
function urqlClient(app: TestApp, token: string | undefined, headers: Record<string, string>) {
  const authorization = token ? { authorization: `Bearer ${token}` } : {};
  const socket = createSocket({
    url: `${app.url.replace("http", "ws")}/graphql`,
    webSocketImpl: WebSocket, // only where there is none, as in Node 20
    connectionParams: authorization,
  });
  const streams = subscriptionExchange({
    forwardSubscription: ({ query = "", variables }) => ({
      subscribe: (sink) => ({
        unsubscribe: socket.subscribe(
          { query, ...(variables && { variables }) },
          // By hand for the compiler's sake: the two packages differ in what they leave out and what is undefined.
          { ...sink, next: ({ data = null, errors }) => sink.next({ data, ...(errors && { errors }) }) },
        ),
      }),
    }),
  });
  const client = new Client({
    url: `${app.url}/graphql`,
    fetchOptions: { headers: { ...authorization, ...headers } },
    exchanges: [cacheExchange, fetchExchange, streams],
  });
  return { client, close: () => socket.dispose() };
}

function open(app: TestApp, token?: string, headers: Record<string, string> = sameSite): ProductClient & LiveClient {
  const { client, close } = urqlClient(app, token, headers);
  return {
    async ask(document, variables = {}) {
      const { data, error } = await client.query(document, variables);
      if (error) throw error;
      return data;
    },
    async codesOf(document, variables = {}) {
      const { error } = await client.query(document, variables);
      return (error?.graphQLErrors ?? []).map(({ extensions }) => extensions["code"]);
    },
    follow: (document, variables, next) =>
      void client.subscription(document, variables).subscribe(({ data }) => next(data)),
    close,
  };
}

testPages(open);
testReturnPage(open);

test("without the header that no foreign page can send, a query by GET is refused", async ({ app }) => {
  const bare = open(app, app.person("getter").token, {});
  expect(await bare.codesOf(operations.gate, { feature: "guests" })).toEqual(["BAD_REQUEST"]);
  await bare.close();
});
