import { registerEnumType } from "type-graphql";
import { namesOf } from "./user-error.type.js";

const directions = ["ASC", "DESC"] as const;
export type SortDirectionName = (typeof directions)[number];

export const SortDirection = namesOf(directions);
registerEnumType(SortDirection, {
  name: "SortDirection",
  description: "Which way to sort. The one is the reverse of the other, to the last row.",
  valuesConfig: {
    ASC: {
      description: "From the least to the greatest, the oldest to the newest, A to Z. What is missing comes last.",
    },
    DESC: {
      description: "From the greatest to the least, the newest to the oldest, Z to A. What is missing comes first.",
    },
  },
});
