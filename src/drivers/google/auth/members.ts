// What is in a document that was read as JSON.

/** The member of something read as JSON; undefined when there is none. */
export function memberOf(value: unknown, ...path: readonly (string | number)[]): unknown {
  let found = value;
  for (const name of path)
    found =
      typeof found === 'object' && found !== null
        ? (found as Readonly<Record<string | number, unknown>>)[name]
        : undefined;
  return found;
}

/** A member that is a text and not empty. Google writes 64-bit numbers as text, too. */
export function textOf(value: unknown, ...path: readonly (string | number)[]): string | undefined {
  const found = memberOf(value, ...path);
  return typeof found === 'string' && found !== '' ? found : undefined;
}

/** A member that is a list; one that is missing is empty, as Google leaves empty lists out. */
export function listOf(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = memberOf(value, ...path);
  return Array.isArray(found) ? found : [];
}
