import { type ServiceKeyScope, serviceKeyScopes } from "../../auth/viewer.js";
import { type Deps, inTransaction } from "../../deps.js";
import { done, type Outcome, type RefusedOutcome, refuse } from "../../errors.js";
import { announce } from "../../live/announce.js";
import { reasonFault, recordAct } from "../audit/audit.js";
import { globalId } from "../global-id.js";
import { actorIdOf } from "../users/actor.js";
import { withCustomerLock } from "../users/customer-lock.js";
import { answerOnce } from "../users/idempotency.js";
import { isStorable } from "../users/input-text.js";
import { hashOf, makeSecret, prefixOf } from "./service-key.js";
import { findAllKeys, findKeys, insertKey, markRevoked } from "./service-key.repository.js";
import type { ServiceKeyRow } from "./service-key.table.js";

/** What is announced when a key was revoked. */
export const keyChange = "service_key";

/** The key to issue. */
export interface CreateServiceKey {
  readonly name: string;
  readonly scopes: readonly ServiceKeyScope[];
  readonly reason: string;
  readonly expiresAt?: Date | null;
  readonly idempotencyKey?: string | null;
}

/** A key, and its secret where this call has made it: afterwards nobody knows it. */
export interface IssuedKey {
  readonly key: ServiceKeyRow;
  readonly secret: string | null;
}

/**
 * Issues a key. A repeated call gets the same key, without its secret.
 *
 * Key, entry in the log and answer are stored together, so that a call that was cut off leaves no key behind
 * whose secret nobody has.
 */
export async function createServiceKey(
  deps: Deps,
  actor: string,
  input: CreateServiceKey,
): Promise<Outcome<IssuedKey>> {
  const fault = inputFault(input) ?? reasonFault(input.reason);
  if (fault) return fault;
  const { idempotencyKey: key, ...order } = { ...input, scopes: inOrder(input.scopes) };
  const userId = actorIdOf(actor);
  const secret = makeSecret();
  const call = { userId, operation: "adminCreateServiceKey", key, input: order };
  return withCustomerLock(deps, userId, async () => {
    const answer = await inTransaction(deps, (inside) =>
      answerOnce(inside, call, () => issue(inside, actor, order, secret)),
    );
    if (answer.value === null) return answer;
    const [issued] = await findKeys(deps.db, [answer.value.id]);
    if (!issued) throw new Error(`Service key ${answer.value.id} was issued and has no row.`);
    return done({ key: issued, secret: issued.hash === hashOf(secret) ? secret : null });
  });
}

async function issue(
  inside: Deps,
  actor: string,
  { name, scopes, reason, expiresAt = null }: CreateServiceKey,
  secret: string,
): Promise<Outcome<{ id: string }>> {
  const createdAt = new Date();
  if (expiresAt && expiresAt <= createdAt) {
    return refuse("INVALID_INPUT", "A key must expire in the future.", { path: ["input", "expiresAt"] });
  }
  const [prefix, hash] = [prefixOf(secret), hashOf(secret)];
  const row = { name, scopes: [...scopes], prefix, hash, createdAt, createdBy: actor, expiresAt };
  const { id } = await insertKey(inside.db, row);
  const details = { serviceKeyId: globalId("AdminServiceKey", id), name, scopes, prefix, expiresAt };
  await recordAct(inside, { actor, action: "service_key.create", userId: null, reason, details });
  return done({ id });
}

/** Withdraws a key, in every process at once. One that was withdrawn before stays as it is. */
export async function revokeServiceKey(
  deps: Deps,
  actor: string,
  keyId: string | undefined,
  reason: string,
): Promise<Outcome<ServiceKeyRow>> {
  const fault = reasonFault(reason);
  if (fault) return fault;
  const missing = refuse("NOT_FOUND", "There is no such service key.", { path: ["input", "serviceKeyId"] });
  if (!keyId) return missing;
  return inTransaction(deps, async (inside) => {
    const revoked = await markRevoked(inside.db, keyId, new Date());
    if (!revoked) {
      const [former] = await findKeys(inside.db, [keyId]);
      return former ? done(former) : missing;
    }
    const { name, prefix } = revoked;
    const details = { serviceKeyId: globalId("AdminServiceKey", keyId), name, prefix };
    await recordAct(inside, { actor, action: "service_key.revoke", userId: null, reason, details });
    await announce(inside.db, { kind: keyChange, subject: keyId, facts: {} });
    return done(revoked);
  });
}

/** Every key there ever was, newest first. */
export function listServiceKeys(deps: Deps): Promise<ServiceKeyRow[]> {
  return findAllKeys(deps.db);
}

/** Those of the keys that there are, in no order. */
export function findServiceKeys(deps: Deps, ids: readonly string[]): Promise<ServiceKeyRow[]> {
  return findKeys(deps.db, ids);
}

const longestName = 100;

function inputFault({ name, scopes }: CreateServiceKey): RefusedOutcome | undefined {
  if (!isStorable(name, longestName)) {
    const message = `A name is a text of 1 to ${longestName} characters without control characters.`;
    return refuse("INVALID_INPUT", message, { path: ["input", "name"] });
  }
  if (scopes.length === 0) {
    return refuse("INVALID_INPUT", "A key needs at least one scope.", { path: ["input", "scopes"] });
  }
  return undefined;
}

/** Each once, in alphabetical order. */
function inOrder(scopes: readonly ServiceKeyScope[]): ServiceKeyScope[] {
  return serviceKeyScopes.filter((scope) => scopes.includes(scope));
}
