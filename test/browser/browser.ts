import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { isRoot } from '../world/program.js';

const CHROMIUM = process.env['LONGSHORE_CHROMIUM'] ?? '/usr/bin/chromium';

/** Why no browser can be had here, or undefined. */
export const noBrowser = existsSync(CHROMIUM)
  ? undefined
  : `${CHROMIUM} is missing (Debian's package chromium, or LONGSHORE_CHROMIUM)`;

export interface BrowserOptions {
  /** Host names that lead to 127.0.0.1, as an attacker's name server would have it. */
  readonly hosts?: readonly string[];
}

/** Starts a browser that reaches nothing but this machine. It is closed when the test has finished. */
export async function launchBrowser({ hosts = [] }: BrowserOptions = {}): Promise<Browser> {
  const rules = [
    ...hosts.map((host) => `MAP ${host} 127.0.0.1`),
    'MAP * ~NOTFOUND',
    ...['127.0.0.1', 'localhost', '[::1]'].map((host) => `EXCLUDE ${host}`),
  ];
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    // Chromium's own sandbox does not start as root.
    args: [`--host-resolver-rules=${rules.join(', ')}`, ...(isRoot ? ['--no-sandbox'] : [])],
  });
  onTestFinished(() => browser.close());
  return browser;
}
