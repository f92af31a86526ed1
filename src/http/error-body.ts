/** The body of an error outside GraphQL, in the form that GraphQL's have. */
export function asErrors(code: string, message: string) {
  return { errors: [{ message, extensions: { code } }] };
}
