import { setCookie } from './cookie.js';
import { type Refusal, refuse } from './refusal.js';
import type { Content } from './reply.js';
import type { Session, Sessions } from './sessions.js';

export interface SessionCookie {
  readonly name: string;
  readonly secure: boolean;
}

/**
 * `/api/v1/session`: POST with the token in `Authorization` begins a session of this browser, GET says whose session it is and
 * what its changes have to carry, DELETE ends it.
 */
export function sessionReply(
  method: string,
  session: Session,
  sessions: Sessions,
  { name, secure }: SessionCookie,
): Content | Refusal {
  if (method === 'GET') return json(session);
  if (method === 'POST') {
    if (session.csrf !== undefined)
      return refuse(403, 'a session begins with the token in the header Authorization');
    const begun = sessions.signIn({ id: session.tokenId, role: session.role });
    return json(begun.session, setCookie(name, begun.cookie, secure));
  }
  if (method !== 'DELETE')
    return refuse(405, 'a session is begun, read or ended', { allow: 'GET, HEAD, POST, DELETE' });
  if (session.csrf === undefined) return refuse(403, 'only a browser that signed in can sign out');
  sessions.signOut(session);
  const headers = { 'set-cookie': setCookie(name, undefined, secure) };
  return { status: 200, type: JSON_TYPE, content: '{"signedOut":true}\n', headers };
}

const JSON_TYPE = 'application/json; charset=utf-8';

function json({ role, csrf }: Pick<Session, 'role' | 'csrf'>, cookie?: string): Content {
  return {
    status: 200,
    type: JSON_TYPE,
    content: `${JSON.stringify({ role, csrf: csrf ?? null })}\n`,
    ...(cookie !== undefined && { headers: { 'set-cookie': cookie } }),
  };
}
