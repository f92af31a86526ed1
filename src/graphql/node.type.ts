import { Field, ID, InterfaceType } from "type-graphql";

@InterfaceType({ description: "An object that `Query.node` can refetch by its globally unique ID." })
export abstract class Node {
  @Field(() => ID, {
    description: "Opaque, globally unique and stable; the prefix names the type, the rest must not be parsed.",
  })
  readonly id!: string;
}
