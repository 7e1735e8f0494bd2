import type { IncomingMessage, ServerResponse } from 'node:http';
import { childController, onAbort } from '../signal.js';
import { refuse } from './refusal.js';
import { type Reply, writeReply } from './reply.js';
import type { Session } from './sessions.js';
import { replyTo, type Site, wantsPage } from './site.js';

/** Answers one request. Never rejects: whatever goes wrong becomes an answer that says nothing of it, or a cut connection. */
export async function serve(
  site: Site,
  request: IncomingMessage,
  response: ServerResponse,
  closing: AbortSignal,
): Promise<void> {
  const { log } = site.authority;
  const { controller, unlink } = childController(closing);
  const { signal } = controller;
  const links = [unlink];
  response.once('close', () => {
    controller.abort(new Error('the caller has gone'));
    for (const each of links) each();
  });
  const onSession = ({ ended }: Session) => {
    if (!signal.aborted) links.push(onAbort(ended, () => controller.abort(ended.reason)));
  };
  try {
    const reply = await replyOrFault(site, request, signal, onSession);
    await writeReply(response, reply, {
      headOnly: request.method === 'HEAD',
      wantsPage: wantsPage(request),
      close: !request.complete,
      signal,
    });
  } catch (error) {
    if (!signal.aborted) log.warn('answer of the status page not sent', { error });
    response.destroy();
  }
}

async function replyOrFault(
  site: Site,
  request: IncomingMessage,
  signal: AbortSignal,
  onSession: (session: Session) => void,
): Promise<Reply> {
  try {
    return await replyTo(site, request, signal, onSession);
  } catch (error) {
    if (signal.aborted) throw error;
    // The query may have names of files, and the error paths: both are for the log alone.
    const path = request.url?.split('?', 1)[0];
    site.authority.log.error('request to the status page failed', {
      method: request.method,
      path,
      error,
    });
    return refuse(500, 'longshore failed at this; its log says why');
  }
}
