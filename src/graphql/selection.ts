import { type GraphQLResolveInfo, Kind, type SelectionSetNode } from "graphql";

/** The names of what is selected of a field's result, also by fragments; what a directive may skip counts as selected. */
export function selectedNames({ fieldNodes, fragments }: GraphQLResolveInfo): ReadonlySet<string> {
  const names = new Set<string>();
  const read = (set: SelectionSetNode | undefined): void => {
    for (const selection of set?.selections ?? []) {
      if (selection.kind === Kind.FIELD) names.add(selection.name.value);
      else if (selection.kind === Kind.INLINE_FRAGMENT) read(selection.selectionSet);
      else read(fragments[selection.name.value]?.selectionSet);
    }
  };
  for (const field of fieldNodes) read(field.selectionSet);
  return names;
}
