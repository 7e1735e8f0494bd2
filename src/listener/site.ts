import type { IncomingMessage } from 'node:http';
import { onAbort } from '../signal.js';
import { type Answer, API, isStream, type JsonAnswer } from '../status/api.js';
import type { Router } from '../status/router.js';
import { type Admitted, admit, isRefusal } from './admission.js';
import { type Authority, authenticate } from './authenticate.js';
import { isJson, parseJson, readBody } from './body.js';
import { cookieNameOf } from './cookie.js';
import { isCsrfOf, openReply } from './open-paths.js';
import type { OwnNames } from './own-names.js';
import type { Pages } from './pages.js';
import { type Refusal, refuse } from './refusal.js';
import { type Content, HTML, type Reply } from './reply.js';
import { sessionReply } from './session-route.js';
import type { Session } from './sessions.js';
import { signInPage } from './sign-in-page.js';
import type { StreamCount } from './streams.js';
import type { Target } from './target-form.js';

/** In Prometheus' exposition format. */
export interface MetricsAnswer {
  readonly contentType: string;
  readonly text: string;
}

/** All that a listener answers with. */
export interface Site {
  readonly own: OwnNames;
  /** Undefined: a Unix socket. */
  readonly port: number | undefined;
  readonly router: Router;
  readonly pages: Pages;
  /** The text of `/metrics`; undefined: there is none. */
  readonly metrics: (() => Promise<MetricsAnswer>) | undefined;
  readonly authority: Authority;
  readonly streams: StreamCount;
}

/**
 * The reply to a request. First where it comes from is judged, then who sends it, and only then does its path mean anything:
 * a caller that has not signed in learns no more than that a page is there. `onSession` is called with the session, if there is one.
 */
export async function replyTo(
  site: Site,
  request: IncomingMessage,
  signal: AbortSignal,
  onSession: (session: Session) => void,
): Promise<Reply> {
  const { method = 'GET', url = '', headers, rawHeaders } = request;
  const admitted = admit({ method, target: url, headers, rawHeaders }, site.own);
  if (isRefusal(admitted)) return admitted;
  const cookieName = cookieNameOf(site.port, admitted.secure);
  const { authority } = site;
  const open = await openReply({ authority, cookieName }, request, admitted, signal);
  if (open !== undefined) return open;
  const session = await authenticate(request, cookieName, authority, signal);
  if ('error' in session)
    return session.status === 401 && wantsPage(request) ? signIn(session) : session;
  onSession(session);
  return memberReply(site, request, admitted, session, signal);
}

/** Whether a person looks at what comes: a browser that was led to an address, not a script of the page. */
export function wantsPage({ url = '', headers: { accept = '' } }: IncomingMessage): boolean {
  return accept.includes('text/html') && !url.startsWith('/api/');
}

function signIn({ status, headers = {} }: Refusal): Content {
  return { status, type: HTML, content: signInPage(), headers };
}

async function memberReply(
  site: Site,
  request: IncomingMessage,
  { target, secure }: Admitted,
  session: Session,
  signal: AbortSignal,
): Promise<Reply> {
  const { path } = target;
  const method = request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET');
  if (path === '/metrics') return metricsReply(site, method);
  if (session.role === 'metrics') return refuse(403, 'this token opens /metrics and nothing else');
  if (method !== 'GET' && session.csrf !== undefined && !isCsrfOf(session, request.headers['csrf']))
    return refuse(403, 'a change needs the header csrf of this session');
  if (method === 'POST' && !isJson(request))
    return refuse(415, 'expected a body of type application/json');
  if (path === `${API}/session`)
    return sessionReply(method, session, site.authority.sessions, {
      name: cookieNameOf(site.port, secure),
      secure,
    });
  if (path.startsWith(`${API}/`)) return apiReply(site, method, request, session, signal);
  if (method !== 'GET') return refuse(405, `${path} is not changed`, { allow: 'GET, HEAD' });
  return pageReply(site, target, request, session, signal);
}

async function metricsReply({ metrics }: Site, method: string): Promise<Reply> {
  if (metrics === undefined) return refuse(404, 'there are no metrics');
  if (method !== 'GET') return refuse(405, '/metrics is not changed', { allow: 'GET, HEAD' });
  const { contentType, text } = await metrics();
  return { status: 200, type: contentType, content: text };
}

async function apiReply(
  site: Site,
  method: string,
  request: IncomingMessage,
  session: Session,
  signal: AbortSignal,
): Promise<Answer | Refusal> {
  const body = await readBody(request);
  if (body.error !== undefined) return body;
  const parsed = parseJson(body.text);
  if ('error' in parsed) return parsed;
  const lastEventId = request.headers['last-event-id'];
  const answer = await site.router.answer({
    method,
    target: request.url ?? '',
    body: parsed.json,
    caller: callerOf(session),
    signal,
    ...(typeof lastEventId === 'string' && { lastEventId }),
  });
  if (method !== 'GET')
    site.authority.log.info('order from the page', {
      method,
      path: request.url?.split('?', 1)[0],
      session: session.id,
      role: session.role,
      status: answer.status,
      ...changedBy(answer),
    });
  return isStream(answer) ? counted(site, session, answer, signal) : answer;
}

/** How many objects an order was about, where the answer says that. */
function changedBy(answer: Answer): { readonly changed?: number } {
  const body: unknown = isStream(answer) ? undefined : answer.body;
  const changed = typeof body === 'object' && body !== null && 'changed' in body && body.changed;
  return typeof changed === 'number' ? { changed } : {};
}

async function counted(
  { streams }: Site,
  session: Session,
  answer: Extract<Answer, { readonly chunks: unknown }>,
  signal: AbortSignal,
): Promise<Answer | Refusal> {
  const end = streams.begin(session.id);
  if (end !== undefined) {
    onAbort(signal, end);
    return answer;
  }
  await answer.chunks[Symbol.asyncIterator]().return?.();
  return refuse(503, 'too many streams are open: close other windows of the page', {
    'retry-after': '30',
  });
}

async function pageReply(
  { pages, router }: Site,
  { path }: Target,
  request: IncomingMessage,
  session: Session,
  signal: AbortSignal,
): Promise<Reply> {
  const asset = pages.assets.find((each) => each.path === path);
  if (asset !== undefined) return { status: 200, type: asset.contentType, content: asset.body };
  const caller = callerOf(session);
  const page = await pages.render(request.url ?? '/', {
    role: caller.role,
    csrf: session.csrf,
    async ask(target) {
      const question = {
        method: 'GET',
        target: `${API}${target}`,
        body: undefined,
        caller,
        signal,
      };
      return jsonOf(await router.answer(question));
    },
  });
  return page === undefined
    ? refuse(404, 'there is nothing at this address')
    : { status: page.status, type: HTML, content: page.html };
}

function callerOf({ id, role }: Session) {
  return {
    via: 'listener',
    session: id,
    role: role === 'decide' ? 'decide' : 'read',
  } as const;
}

function jsonOf(answer: Answer): JsonAnswer['body'] {
  if (answer.status === 404) return undefined;
  if (isStream(answer) || answer.status !== 200)
    throw new Error(`the API answered ${answer.status} to the page`);
  return answer.body;
}
