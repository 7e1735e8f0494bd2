import { API, type ApiRoute, ok, RefusedError } from '../status/api.js';
import type { History } from './history.js';

/** What the curves of the status page are drawn from. */
export function historyRoutes(history: History): readonly ApiRoute[] {
  const route = (path: string, name: string, read: (name: string) => unknown): ApiRoute => ({
    method: 'GET',
    path: `${API}${path}`,
    needs: 'read',
    answer({ params }) {
      const found = read(params[name] ?? '');
      if (found === undefined)
        throw new RefusedError(404, `there is no ${name} "${params[name] ?? ''}"`);
      return ok(found);
    },
  });
  return [
    route('/mirrors/:mirror/lag', 'mirror', history.lag),
    route('/mirrors/:mirror/days', 'mirror', (mirror) => {
      const days = history.days(mirror);
      return days && { days };
    }),
    route('/targets/:target/throughput', 'target', history.throughput),
  ];
}
