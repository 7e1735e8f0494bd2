import type { ApiRoute } from '../status/api.js';
import type { MetricsText } from './metrics-text.js';

/** The metrics at the control socket, for a local agent that needs no TCP port. */
export function metricsRoutes(read: () => Promise<MetricsText>): readonly ApiRoute[] {
  return [
    {
      method: 'GET',
      path: '/metrics',
      needs: 'read',
      async answer() {
        const { contentType, text } = await read();
        return { status: 200, contentType, chunks: once(text) };
      },
    },
  ];
}

async function* once(text: string): AsyncGenerator<string, void, undefined> {
  yield text;
}
