import { Field, ObjectType, registerEnumType } from "type-graphql";
import type { Viewer as Caller } from "../../auth/viewer.js";
import { Node } from "../../graphql/node.type.js";
import { namesOf } from "../../graphql/user-error.type.js";
import { globalId } from "../global-id.js";
import { userIdOf } from "./user.js";

export const roleNames = ["ADMIN", "CUSTOMER", "SERVICE"] as const;
export type RoleName = (typeof roleNames)[number];

export const Role = namesOf(roleNames);

registerEnumType(Role, {
  name: "Role",
  description: "What a caller may do.",
  valuesConfig: {
    ADMIN: { description: "Staff: sees everybody, and has the staff tier without paying." },
    CUSTOMER: { description: "A person, for their own billing account." },
    SERVICE: { description: "The host product's back end, for the customer that it names." },
  },
});

@ObjectType({ implements: Node, description: "The signed-in caller." })
export class Viewer extends Node {
  @Field(() => [Role], { description: "Roles of the token." })
  readonly roles!: RoleName[];
}

/** The caller, as the API shows them. */
export function toViewer(caller: Caller): Viewer {
  const id = globalId("Viewer", userIdOf(caller.subject));
  return Object.assign(new Viewer(), { id, roles: [...caller.roles] });
}
