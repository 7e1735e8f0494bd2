import { isoTime } from '../clock.js';
import type { ChannelConfig } from '../config/notify.js';
import type { Message } from './message.js';

/** A POST with a JSON body. */
export interface WebhookRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Where a channel's URL and token are known in clear. */
export interface WebhookAddress {
  readonly kind: ChannelConfig['kind'];
  readonly url: URL;
  readonly token: string | undefined;
}

/** Discord refuses more characters in a message. https://docs.discord.com/developers/resources/webhook */
const LONGEST_DISCORD = 2000;

/** Pure: what a service is sent, by its documentation. */
export function webhookRequest(
  { kind, url, token }: WebhookAddress,
  message: Message,
): WebhookRequest {
  const bearer: Readonly<Record<string, string>> =
    token === undefined ? {} : { authorization: `Bearer ${token}` };
  const isAlarm = message.kind === 'alarm' || message.kind === 'reminder';
  const { title, text } = message;
  switch (kind) {
    case 'ntfy': {
      // As JSON, to the root of the server: headers carry no UTF-8. https://docs.ntfy.sh/publish/#publish-as-json
      const topic = decodeURIComponent(url.pathname.replace(/^\/+|\/+$/g, ''));
      const priority = isAlarm ? 4 : 3;
      const tags = [isAlarm ? 'warning' : 'white_check_mark'];
      const root = new URL('/', url);
      return { url: root, headers: bearer, body: { topic, title, message: text, priority, tags } };
    }
    case 'slack':
      // https://docs.slack.dev/messaging/formatting-message-text/#escaping
      return { url, headers: {}, body: { text: `*${forSlack(title)}*\n${forSlack(text)}` } };
    case 'discord': {
      const content = `**${forDiscord(title)}**\n${forDiscord(text)}`.slice(0, LONGEST_DISCORD);
      return { url, headers: {}, body: { content, allowed_mentions: { parse: [] } } };
    }
    case 'gotify': {
      // https://gotify.net/docs/pushmsg
      const path = `${url.pathname.replace(/\/+$/, '')}/message`;
      const priority = isAlarm ? 8 : 4;
      const headers = { 'x-gotify-key': token ?? '' };
      return { url: new URL(path, url), headers, body: { title, message: text, priority } };
    }
    default:
      return { url, headers: bearer, body: messageAsJson(message) };
  }
}

/** The document that a plain webhook and a command get. Its fields are listed in docs/alerts.md. */
export function messageAsJson({ atMs, ...message }: Message): Readonly<Record<string, unknown>> {
  return { program: 'longshore', time: isoTime(atMs), ...message };
}

function forSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Without formatting: what a file name or an answer has in it stays text. */
function forDiscord(text: string): string {
  return text.replace(/[\\*_~`|>#[\]()-]/g, '\\$&');
}
