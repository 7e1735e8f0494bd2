import { API, type ApiRoute } from './api.js';
import { type DiagnosticSources, diagnosticsText } from './diagnostics.js';

/** `GET /diagnostics`: a bundle for a bug report, as text. With `hide-names=yes` without names. */
export function diagnosticsRoutes(sources: () => DiagnosticSources): readonly ApiRoute[] {
  return [
    {
      method: 'GET',
      path: `${API}/diagnostics`,
      needs: 'read',
      answer: ({ query }) => ({
        status: 200,
        contentType: 'text/plain; charset=utf-8',
        headers: { 'content-disposition': 'attachment; filename="longshore-diagnostics.txt"' },
        chunks: once(diagnosticsText(sources(), query.get('hide-names') === 'yes')),
      }),
    },
  ];
}

async function* once(text: string): AsyncGenerator<string, void> {
  yield text;
}
