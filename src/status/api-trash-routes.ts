import { onAbort } from '../signal.js';
import { API, type ApiRoute, RefusedError, type StreamAnswer } from './api.js';
import { attachmentOf } from './attachment.js';
import type { MirrorControl, TrashedContent } from './mirror-control.js';
import { findControl } from './request-fields.js';

/**
 * `GET /trash/object`: one object of a trash, as a download. It needs the right to decide, as no other answer has the content of
 * files. Whatever the content is, no browser runs or shows it: it is of no type, is only saved, and would be in a sandbox.
 */
export function trashRoutes(mirrors: readonly MirrorControl[]): readonly ApiRoute[] {
  return [
    {
      method: 'GET',
      path: `${API}/trash/object`,
      needs: 'decide',
      async answer({ query, signal }) {
        const control = findControl(mirrors, query.get('mirror'));
        const name = query.get('name') ?? '';
        const at = query.get('at') ?? '';
        const atMs = /^\d{1,15}$/.test(at) ? Number(at) : Number.NaN;
        if (name === '' || Number.isNaN(atMs))
          throw new RefusedError(400, 'the request is to name an object, and when it was removed');
        const found = await control.trashed(name, atMs, signal);
        if (found === undefined)
          throw new RefusedError(404, 'the trash has no object of this name and time');
        return download(name, found, signal);
      },
    },
  ];
}

async function download(
  name: string,
  { bytes, content }: TrashedContent,
  signal: AbortSignal,
): Promise<StreamAnswer> {
  const chunks = content();
  // Also where the rest is never read: after a HEAD, and when the caller has gone.
  onAbort(signal, () => void chunks.return().catch(() => {}));
  // A refusal of the provider comes with the first byte, and is an answer of its own.
  const first = await chunks.next();
  return {
    status: 200,
    contentType: 'application/octet-stream',
    headers: {
      'content-length': String(bytes),
      'content-disposition': attachmentOf(name),
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
    },
    chunks: withholdingLast(first, chunks),
  };
}

/**
 * The same pieces, each once the next has come. So the last one is not sent when the content proves to be wrong after it, and
 * what arrives is shorter than was announced: the download fails.
 */
async function* withholdingLast(
  first: IteratorResult<Uint8Array, void>,
  rest: AsyncGenerator<Uint8Array, void>,
): AsyncGenerator<Uint8Array, void> {
  if (first.done === true) return;
  let held = first.value;
  for await (const chunk of rest) {
    yield held;
    held = chunk;
  }
  yield held;
}
