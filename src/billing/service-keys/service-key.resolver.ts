import { Arg, Ctx, Mutation, Query, Resolver } from "type-graphql";
import type { GraphQLContext } from "../../graphql/context.js";
import { payload } from "../../graphql/user-error.type.js";
import { uuidOf } from "../global-id.js";
import { actorOf } from "../users/actor.js";
import { createServiceKey, listServiceKeys, revokeServiceKey } from "./service-key.service.js";
import {
  AdminCreateServiceKeyInput,
  AdminCreateServiceKeyPayload,
  AdminRevokeServiceKeyInput,
  AdminRevokeServiceKeyPayload,
  AdminServiceKey,
  toServiceKey,
} from "./service-key.type.js";

@Resolver(() => AdminServiceKey)
export class ServiceKeyResolver {
  @Query(() => [AdminServiceKey], {
    nullable: true,
    description: "Keys that services call with, newest first, withdrawn ones included; secrets are never shown again.",
  })
  async adminServiceKeys(@Ctx() context: GraphQLContext): Promise<AdminServiceKey[]> {
    return (await listServiceKeys(context)).map(toServiceKey);
  }

  @Mutation(() => AdminCreateServiceKeyPayload, { nullable: true, description: "Issue a key for a service." })
  adminCreateServiceKey(
    @Arg("input", () => AdminCreateServiceKeyInput, { description: "Which key." }) input: AdminCreateServiceKeyInput,
    @Ctx() context: GraphQLContext,
  ) {
    const outcome = createServiceKey(context, actorOf(context.viewer), input);
    return payload(outcome, ({ key, secret }) => ({ serviceKey: toServiceKey(key), secret }));
  }

  @Mutation(() => AdminRevokeServiceKeyPayload, {
    nullable: true,
    description: "Withdraw a key at once. One that was withdrawn before stays as it is.",
  })
  adminRevokeServiceKey(
    @Arg("input", () => AdminRevokeServiceKeyInput, { description: "Which key." }) input: AdminRevokeServiceKeyInput,
    @Ctx() context: GraphQLContext,
  ) {
    const keyId = uuidOf("AdminServiceKey", input.serviceKeyId);
    const outcome = revokeServiceKey(context, actorOf(context.viewer), keyId, input.reason);
    return payload(outcome, (key) => ({ serviceKey: toServiceKey(key) }));
  }
}
