import type { BrowserContext, Page } from 'playwright-core';
import type { ServedMirror } from './served-mirror.js';

export interface SignedIn {
  readonly page: Page;
  /** Everything that the browser reports of the page: errors, warnings, violations of its security policy. */
  readonly reports: readonly string[];
}

/** Signs in by the form, as a person does, and is then on the overview. */
export async function signIn(
  context: BrowserContext,
  { origin, token }: Pick<ServedMirror, 'origin' | 'token'>,
): Promise<SignedIn> {
  const page = await context.newPage();
  const reports: string[] = [];
  page.on('pageerror', (error) => reports.push(String(error)));
  await page.goto(`${origin}/sign-in`);
  page.on('console', (message) => {
    // Browsers ask for it by themselves; there is none.
    if (message.location().url.endsWith('/favicon.ico')) return;
    if (['error', 'warning'].includes(message.type())) reports.push(message.text());
  });
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(`${origin}/`);
  return { page, reports };
}
