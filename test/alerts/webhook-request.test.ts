import { expect, test } from 'vitest';
import { type WebhookAddress, webhookRequest } from '../../src/alerts/webhook-request.js';
import { message } from './messages.js';

const request = (
  kind: WebhookAddress['kind'],
  url: string,
  token?: string,
  different: Parameters<typeof message>[0] = {},
) => {
  const made = webhookRequest({ kind, url: new URL(url), token }, message(different));
  return { ...made, url: made.url.href };
};

test('ntfy: publishes JSON to the root of the server, with the topic of the URL', () => {
  expect(request('ntfy', 'https://ntfy.example.org/top%C3%AFc', 'tk_1')).toEqual({
    url: 'https://ntfy.example.org/',
    headers: { authorization: 'Bearer tk_1' },
    body: {
      topic: 'topïc',
      title: 'longshore: documents is target-down on nas',
      message: expect.stringContaining('no answer') as string,
      priority: 4,
      tags: ['warning'],
    },
  });
  expect(request('ntfy', 'https://ntfy.sh/t', undefined, { kind: 'recovery' })).toMatchObject({
    headers: {},
    body: { priority: 3, tags: ['white_check_mark'] },
  });
});

test('slack: escapes what would be a mention or a link', () => {
  const { body } = request('slack', 'https://hooks.slack.com/services/T/B/x', undefined, {
    text: '<!channel> & <https://x|y>',
  });
  expect(body).toEqual({
    text: '*longshore: documents is target-down on nas*\n&lt;!channel&gt; &amp; &lt;https://x|y&gt;',
  });
});

test('discord: mentions no one, formats nothing, and stays below the limit', () => {
  const { body } = request('discord', 'https://discord.com/api/webhooks/1/x', undefined, {
    text: `@everyone **bold** ${'x'.repeat(5_000)}`,
  });
  const { content, allowed_mentions } = body as { content: string; allowed_mentions: object };
  expect(allowed_mentions).toEqual({ parse: [] });
  expect(content).toContain('\\*\\*bold\\*\\*');
  expect(content.length).toBeLessThanOrEqual(2_000);
});

test('gotify: posts to /message below the URL, with the token in a header', () => {
  expect(request('gotify', 'https://host/gotify/', 'A1')).toMatchObject({
    url: 'https://host/gotify/message',
    headers: { 'x-gotify-key': 'A1' },
    body: { priority: 8, title: 'longshore: documents is target-down on nas' },
  });
});

test('webhook: posts the document that docs/alerts.md lists', () => {
  const { url, headers, body } = request('webhook', 'https://host/path?key=1', 'abc');
  expect({ url, headers }).toEqual({
    url: 'https://host/path?key=1',
    headers: { authorization: 'Bearer abc' },
  });
  expect(body).toMatchObject({
    program: 'longshore',
    time: '2027-01-15T08:00:00.000Z',
    id: 'id-1',
    kind: 'alarm',
    mirror: 'documents',
    condition: 'target-down',
  });
});
