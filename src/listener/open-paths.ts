import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Admitted } from './admission.js';
import { type Authority, judgeToken } from './authenticate.js';
import { isForm, readBody } from './body.js';
import { callerAddress } from './caller-address.js';
import { cookieIn, setCookie } from './cookie.js';
import { STYLE, STYLE_PATH } from './html.js';
import { refuse } from './refusal.js';
import { HTML, type Reply } from './reply.js';
import type { Session } from './sessions.js';
import { signInPage, signOutPage } from './sign-in-page.js';

export interface SignIn {
  readonly authority: Authority;
  readonly cookieName: string;
}

/**
 * What is answered without a session: `/healthz`, and the forms to sign in and out with their style. Undefined for every other
 * path. Forms are taken here and nowhere else, and only with our own `Origin` (admission.ts).
 */
export async function openReply(
  signIn: SignIn,
  request: IncomingMessage,
  { target: { path }, secure }: Admitted,
  signal: AbortSignal,
): Promise<Reply | undefined> {
  const form = path === '/sign-in' || path === '/sign-out';
  if (!form && path !== '/healthz' && path !== STYLE_PATH) return undefined;
  const { method } = request;
  if (form && method === 'POST') return formReply(signIn, request, path, secure, signal);
  if (path === '/sign-out' || (method !== 'GET' && method !== 'HEAD'))
    return refuse(405, `${path} does not take this`, {
      allow: path === '/sign-out' ? 'POST' : form ? 'GET, HEAD, POST' : 'GET, HEAD',
    });
  if (path === '/healthz')
    return { status: 200, type: 'application/json; charset=utf-8', content: '{"status":"ok"}\n' };
  if (path === STYLE_PATH) return { status: 200, type: 'text/css; charset=utf-8', content: STYLE };
  const session = sessionOf(signIn, request);
  const content = session === undefined ? signInPage() : signOutPage(session);
  return { status: 200, type: HTML, content };
}

function sessionOf({ authority, cookieName }: SignIn, request: IncomingMessage) {
  const value = cookieIn(request.headers.cookie, cookieName);
  return value === undefined ? undefined : authority.sessions.ofCookie(value);
}

async function formReply(
  signIn: SignIn,
  request: IncomingMessage,
  path: string,
  secure: boolean,
  signal: AbortSignal,
): Promise<Reply> {
  if (!isForm(request)) return refuse(415, 'expected the form of this page');
  const body = await readBody(request);
  if (body.error !== undefined) return body;
  const fields = new URLSearchParams(body.text);
  if (path === '/sign-out') return signOutReply(signIn, request, fields.get('csrf') ?? '', secure);
  const token = (fields.get('token') ?? '').trim();
  const { authority, cookieName } = signIn;
  const address = callerAddress(request, authority.proxies);
  const known = await judgeToken(token, address, authority, signal);
  if ('error' in known) {
    const { status, error, headers = {} } = known;
    return {
      status,
      type: HTML,
      content: signInPage(`${error[0]?.toUpperCase()}${error.slice(1)}.`),
      headers,
    };
  }
  if (known.role === 'metrics')
    return {
      status: 403,
      type: HTML,
      content: signInPage('This token opens /metrics and nothing else.'),
    };
  const { session, cookie } = authority.sessions.signIn(known);
  authority.log.info('signed in at the status page', { session: session.id, role: session.role });
  return seeOther('/', setCookie(cookieName, cookie, secure));
}

function signOutReply(
  signIn: SignIn,
  request: IncomingMessage,
  csrf: string,
  secure: boolean,
): Reply {
  const session = sessionOf(signIn, request);
  if (session !== undefined) {
    if (!isCsrfOf(session, csrf)) return refuse(403, 'this form is not of this session');
    signIn.authority.sessions.signOut(session);
  }
  return seeOther('/sign-in', setCookie(signIn.cookieName, undefined, secure));
}

/** Compared in the same time whatever was sent. */
export function isCsrfOf({ csrf }: Session, sent: unknown): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return csrf !== undefined && timingSafeEqual(digest(csrf), digest(String(sent)));
}

function seeOther(location: string, cookie: string): Reply {
  return {
    status: 303,
    type: 'text/plain; charset=utf-8',
    content: '',
    headers: { location, 'set-cookie': cookie },
  };
}
