import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, type InMemoryCacheConfig } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { OperationTypeNode } from "graphql";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import type { TestApp } from "../support/app.js";

/** Apollo Client as its documentation shows it: streams over WebSocket, everything else over HTTP. */
export function apolloClient(app: TestApp, token?: string, cache?: InMemoryCacheConfig) {
  const authorization = token ? { authorization: `Bearer ${token}` } : {};
  const socket = createClient({
    url: `${app.url.replace("http", "ws")}/graphql`,
    webSocketImpl: WebSocket, // only where there is none, as in Node 20
    connectionParams: authorization,
  });
  const link = ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    new GraphQLWsLink(socket),
    new HttpLink({ uri: `${app.url}/graphql`, headers: authorization }),
  );
  const client = new ApolloClient({ link, cache: new InMemoryCache(cache) });
  return {
    client,
    close() {
      client.stop();
      socket.dispose();
    },
  };
}
