import { parseSize } from '../config/units.js';
import type { ReadBackShare } from '../sync/verify-status.js';
import { API, type ApiRoute, ok, RefusedError } from './api.js';
import type { MirrorControl } from './mirror-control.js';
import { findControl, textIn } from './request-fields.js';

const DEFAULT_SHARE = '5%';

/** `POST /mirrors/:mirror/verify`: reads a share of a mirror's objects back, now; and the end of that. */
export function verifyRoutes(mirrors: readonly MirrorControl[]): readonly ApiRoute[] {
  return [
    {
      method: 'POST',
      path: `${API}/mirrors/:mirror/verify`,
      needs: 'decide',
      answer({ params, body }) {
        const control = findControl(mirrors, params['mirror']);
        const begun = control.askedVerify.begin(shareOf(textIn(body, 'readBack')));
        if (begun === 'begun') return ok({ requested: true });
        const { state, why } = control.status();
        throw new RefusedError(
          409,
          begun === 'busy'
            ? 'objects of this mirror are being read back: let that end, or stop it'
            : `the mirror waits (${state}${why === '' ? '' : `: ${why}`}); ask again when it works`,
        );
      },
    },
    {
      method: 'POST',
      path: `${API}/mirrors/:mirror/verify/stop`,
      needs: 'decide',
      answer: ({ params }) =>
        ok({ stopped: findControl(mirrors, params['mirror']).askedVerify.stop() }),
    },
  ];
}

/** @throws RefusedError 400 */
function shareOf(text = DEFAULT_SHARE): ReadBackShare {
  if (text === 'all') return { part: 1 };
  const [, percent] = /^(\d+(?:\.\d+)?) ?%$/.exec(text) ?? [];
  if (percent !== undefined && Number(percent) > 0 && Number(percent) <= 100)
    return { part: Number(percent) / 100 };
  const bytes = percent === undefined ? parseSize(text) : undefined;
  if (bytes !== undefined && bytes > 0) return { bytes };
  throw new RefusedError(
    400,
    'readBack is to be a share such as "5%", a size such as "10GiB", or "all"',
  );
}
