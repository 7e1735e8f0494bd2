import { escapeHtml, htmlPage } from './html.js';

/** A refusal for a person who has opened the address in a browser. */
export function errorPage(status: number, error: string): string {
  return htmlPage(
    `${status}`,
    `<h1>${status}</h1><p>${escapeHtml(error)}</p><p><a href="/">To the overview</a></p>`,
  );
}
