/** Deeper than this, wider than this and longer than this is cut: a log line is for reading, and must end. */
const DEEPEST = 6;
const WIDEST = 100;
const LONGEST = 8192;

/**
 * Any value as plain JSON that can be written without a surprise: no cycle, no throwing getter, no bytes, no secret (an
 * object's own `toJSON` decides, and a Secret's says `[secret]`). Undefined stays undefined.
 */
export function plain(value: unknown): unknown {
  try {
    return reduce(value, 0);
  } catch (error) {
    return `[unprintable: ${error instanceof Error ? error.message : 'threw'}]`;
  }
}

/** An error in one line: name, message, code, then its causes. Never its stack. */
export function errorText(error: unknown): string {
  return oneLine(error, 0);
}

function oneLine(error: unknown, depth: number): string {
  if (!(error instanceof Error))
    return shortened(
      typeof error === 'string' ? error : (JSON.stringify(plain(error)) ?? String(error)),
    );
  const code = codeOf(error);
  const suffix = code === undefined || error.message.includes(code) ? '' : ` (${code})`;
  const head = `${error.name}: ${shortened(error.message)}${suffix}`;
  if (depth === DEEPEST) return head;
  return [
    head,
    ...reasonsOf(error).map((reason) => `because of ${oneLine(reason, depth + 1)}`),
  ].join('; ');
}

function reduce(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'string':
      return shortened(value);
    case 'boolean':
    case 'undefined':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'object':
      return value === null ? null : reduceObject(value, depth);
    default:
      return String(value); // bigint, symbol, function: JSON has none of them
  }
}

function reduceObject(value: object, depth: number): unknown {
  if (value instanceof Uint8Array) return `[${value.length} bytes]`;
  if (depth === DEEPEST) return '[…]';
  if (value instanceof Error) return reduceError(value, depth);
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return reduce(value.toJSON(), depth + 1);
  if (value instanceof Map)
    return reduceEntries(
      [...value].map(([key, member]) => [String(key), member]),
      depth,
    );
  if (Array.isArray(value) || value instanceof Set) return reduceList([...value], depth);
  return reduceEntries(Object.entries(value), depth);
}

function reduceError(error: Error, depth: number): unknown {
  const [cause, ...others] = reasonsOf(error);
  return {
    name: error.name,
    message: shortened(error.message),
    ...(codeOf(error) !== undefined && { code: codeOf(error) }),
    ...(cause !== undefined && { cause: reduce(cause, depth + 1) }),
    ...(others.length > 0 && { others: others.map((other) => reduce(other, depth + 1)) }),
  };
}

function reduceList(members: readonly unknown[], depth: number): unknown {
  const shown = members.slice(0, WIDEST).map((member) => reduce(member, depth + 1));
  return members.length > WIDEST ? [...shown, `[${members.length - WIDEST} more]`] : shown;
}

function reduceEntries(entries: readonly (readonly [string, unknown])[], depth: number): unknown {
  const shown = entries
    .slice(0, WIDEST)
    .map(([key, member]) => [key, reduce(member, depth + 1)] as const);
  const more = entries.length > WIDEST ? [['…', `[${entries.length - WIDEST} more]`] as const] : [];
  return Object.fromEntries([...shown, ...more]);
}

/** The cause, and what an AggregateError collected (undici's connect errors carry their address attempts there). */
function reasonsOf(error: Error): readonly unknown[] {
  const collected = error instanceof AggregateError ? error.errors.slice(0, 10) : [];
  return error.cause === undefined || error.cause === null
    ? collected
    : [error.cause, ...collected];
}

function codeOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function shortened(text: string): string {
  return text.length > LONGEST
    ? `${text.slice(0, LONGEST)}… (${text.length - LONGEST} more)`
    : text;
}
