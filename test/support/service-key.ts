import type { ServiceKeyScope } from "../../src/auth/viewer.js";
import type { Person } from "./person.js";

const keyFields = "id name scopes prefix createdAt lastUsedAt expiresAt revokedAt";

export const createKeyMutation = `mutation ($input: AdminCreateServiceKeyInput!) {
  adminCreateServiceKey(input: $input) { serviceKey { ${keyFields} } secret userErrors { code message path } } }`;

export const revokeKeyMutation = `mutation ($input: AdminRevokeServiceKeyInput!) {
  adminRevokeServiceKey(input: $input) { serviceKey { ${keyFields} } userErrors { code message path } } }`;

export const keysQuery = `{ adminServiceKeys { ${keyFields} } }`;

/** A key as whoever issued it has it. */
export interface IssuedKey {
  readonly id: string;
  readonly secret: string;
}

/** Issues a key with these scopes. */
export async function issueKey(
  admin: Person,
  scopes: readonly ServiceKeyScope[] = ["CUSTOMERS_READ"],
  expiresAt?: Date,
): Promise<IssuedKey> {
  const input = { name: "the studio's back end", scopes, reason: "it needs one", ...(expiresAt && { expiresAt }) };
  const { serviceKey, secret } = (await admin.ask(createKeyMutation, { input })).adminCreateServiceKey;
  return { id: serviceKey.id, secret };
}

/** Withdraws a key; gives the payload. */
export async function revokeKey(admin: Person, serviceKeyId: string) {
  const input = { serviceKeyId, reason: "it is needed no longer" };
  return (await admin.ask(revokeKeyMutation, { input })).adminRevokeServiceKey;
}
