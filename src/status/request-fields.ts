import { RefusedError } from './api.js';
import type { MirrorControl } from './mirror-control.js';
import { noSuchMirror } from './routes.js';

/** The mirror of this name. @throws RefusedError 400 without a name, 404 where there is none */
export function findControl(
  mirrors: readonly MirrorControl[],
  name: string | null | undefined,
): MirrorControl {
  if (name === null || name === undefined)
    throw new RefusedError(400, 'the request names no mirror');
  const found = mirrors.find(({ settings }) => settings.name === name);
  if (found !== undefined) return found;
  throw noSuchMirror(
    name,
    mirrors.map(({ settings }) => settings.name),
  );
}

/** A member of the body that is text; undefined where it is missing. @throws RefusedError 400 */
export function textIn(body: unknown, member: string): string | undefined {
  const value = memberOf(body, member);
  if (value === undefined || typeof value === 'string') return value;
  throw new RefusedError(400, `"${member}" is to be text`);
}

/** A member of the body that is a time after now. @throws RefusedError 400, also where it is missing */
export function laterTimeIn(body: unknown, member: string, nowMs: number): number {
  const value = memberOf(body, member);
  if (typeof value === 'number' && Number.isFinite(value) && value > nowMs) return value;
  throw new RefusedError(
    400,
    `"${member}" is to be a time in the future, in milliseconds since 1970`,
  );
}

/** The `limit` of a list: from 1 to `most`, which is the default. @throws RefusedError 400 */
export function limitIn(query: URLSearchParams, most: number): number {
  const text = query.get('limit');
  if (text === null) return most;
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= most) return limit;
  throw new RefusedError(400, `limit is to be a number from 1 to ${most}`);
}

function memberOf(body: unknown, member: string): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new RefusedError(400, 'the body is to be a JSON object');
  return Object.hasOwn(body, member) ? (body as Record<string, unknown>)[member] : undefined;
}
