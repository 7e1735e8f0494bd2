import type { HeartbeatSettings } from '../config/notify.js';

/** What was seen of the mirrors since the last call. */
export interface HeartbeatLook {
  /** Each mirror was seen to be well at least once. */
  readonly succeeded: boolean;
  /** At least one mirror was wrong whenever it was looked at. */
  readonly failed: boolean;
}

export type HeartbeatCall = 'start' | 'success' | 'fail';

/**
 * Pure: which form is called at the end of an interval; undefined: none, so that the receiver's own deadline decides.
 * `before`: the last call.
 */
export function heartbeatStep(
  before: HeartbeatCall | undefined,
  { succeeded, failed }: HeartbeatLook,
  form: HeartbeatSettings['form'],
): HeartbeatCall | undefined {
  if (succeeded && !failed) return 'success';
  if (!failed || form === 'plain') return undefined;
  // Healthchecks takes one failure for all until the next success; Uptime Kuma wants each interval to say so.
  return form === 'healthchecks' && before === 'fail' ? undefined : 'fail';
}

/** The URL of a call; undefined: the form has none. https://healthchecks.io/docs/http_api/, Uptime Kuma's push monitor. */
export function heartbeatUrl(
  url: URL,
  form: HeartbeatSettings['form'],
  call: HeartbeatCall,
  text: string,
): URL | undefined {
  const called = new URL(url);
  switch (form) {
    case 'plain':
      return call === 'success' ? called : undefined;
    case 'healthchecks':
      if (call !== 'success') called.pathname = `${called.pathname.replace(/\/+$/, '')}/${call}`;
      return called;
    case 'uptime-kuma':
      if (call === 'start') return undefined;
      called.searchParams.set('status', call === 'success' ? 'up' : 'down');
      called.searchParams.set('msg', call === 'success' ? 'OK' : text);
      return called;
  }
}
