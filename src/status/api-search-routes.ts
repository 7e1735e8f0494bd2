import { API, type ApiRoute, ok, RefusedError } from './api.js';
import type { MirrorControl } from './mirror-control.js';
import { findControl, limitIn } from './request-fields.js';
import { searchNames, searchPlaceIn } from './search-names.js';

/** Names of one answer. */
const PAGE = 1_000;
/** In characters; a name of an object has no more bytes at any provider. */
const LONGEST = 1_024;

/** `GET /search`: objects by a part of their name, of one mirror or of all. */
export function searchRoutes(mirrors: readonly MirrorControl[]): readonly ApiRoute[] {
  return [
    {
      method: 'GET',
      path: `${API}/search`,
      needs: 'read',
      async answer({ query, signal }) {
        const words = query.get('q') ?? '';
        if (words === '' || words.length > LONGEST)
          throw new RefusedError(400, `q is to be a text of 1 to ${LONGEST} characters`);
        const mirror = query.get('mirror');
        const searched = mirror === null ? mirrors : [findControl(mirrors, mirror)];
        const from = placeIn(query.get('after'), mirrors);
        const limit = limitIn(query, PAGE);
        return ok(await searchNames(searched.map(asSearched), { words, from, limit, signal }));
      },
    },
  ];
}

function placeIn(after: string | null, mirrors: readonly MirrorControl[]) {
  if (after === null) return undefined;
  const place = searchPlaceIn(after);
  if (place === undefined) throw new RefusedError(400, 'after is to be the `next` of an answer');
  findControl(mirrors, place.mirror);
  return place;
}

function asSearched({ settings: { name }, namesAfter }: MirrorControl) {
  return { mirror: name, namesAfter };
}
