import { duration } from './amounts.js';
import { count, type Infer, list, oneOf, secret, section, text } from './fields.js';
import type { ConfigContext } from './secret.js';
import type * as z from './zod.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const YEAR = 365 * 24 * HOUR;

/** What a message may be about: states of a mirror that need a person, and objects found damaged. */
const ALARMS = [
  'behind',
  'held',
  'failing',
  'damaged',
  'degraded',
  'source-missing',
  'source-changed',
  'target-down',
  'target-changed',
  'target-denied',
  'target-full',
  'target-held',
  'lease-lost',
  'state-unavailable',
] as const;

export type Alarm = (typeof ALARMS)[number];

const CHANNEL_NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/;
/** A mailbox, or a user of this machine; nothing that a mail program takes for an option, a list or a header. */
const ADDRESS = /^[A-Za-z0-9_][^\s<>,;:"\\\0-\x1f\x7f]*$/;
const ADDRESS_RULE = 'an address such as "ann@example.org"';
const LINE = { pattern: /^[^\0-\x1f\x7f]+$/, rule: 'one line of text' };

const smtp = (context: ConfigContext) =>
  section('The mail server, when mail does not go through a local sendmail.', {
    host: text('Its name.', { pattern: /^[A-Za-z0-9.:-]+$/, rule: 'the name of a host' }),
    port: count('Its port. Default: 465 with tls, 587 with starttls, 25 with none.', {
      min: 1,
      max: 65_535,
    }).optional(),
    security: oneOf(
      'tls: encrypted from the start. starttls: encrypted before anything is sent, or not sent. none: only for a server of this machine.',
      ['tls', 'starttls', 'none'],
    ).default('starttls'),
    user: text('User at the server; with password.', LINE).optional(),
    password: secret('Password of the user.', context).optional(),
  });

/** Which keys each kind of channel needs, and which it may have besides. */
const KEYS = {
  ntfy: { needs: ['url'], may: ['token'] },
  slack: { needs: ['url'], may: [] },
  discord: { needs: ['url'], may: [] },
  gotify: { needs: ['url', 'token'], may: [] },
  webhook: { needs: ['url'], may: ['token'] },
  mail: { needs: ['to', 'from'], may: ['sendmail', 'smtp'] },
  command: { needs: ['run'], may: [] },
} as const;

const OF_A_KIND = ['url', 'token', 'to', 'from', 'sendmail', 'smtp', 'run'] as const;
type KeyOfAKind = (typeof OF_A_KIND)[number];

/** One way on which messages leave. */
export const notifySection = (context: ConfigContext) =>
  section('One way on which messages leave.', {
    kind: oneOf(
      'ntfy, slack, discord, gotify: the service. webhook: a JSON document to any URL. mail: by a local sendmail, or smtp. command: a program of your own.',
      ['ntfy', 'slack', 'discord', 'gotify', 'webhook', 'mail', 'command'],
    ),
    name: text('Its name in the log and for `longshore notify test`. Default: its kind.', {
      pattern: CHANNEL_NAME,
      rule: '1 to 64 letters, digits, ".", "_" or "-"',
    }).optional(),
    url: secret(
      'ntfy: with the topic. slack, discord: that of the incoming webhook. gotify: of the server. A secret: with it anyone can write there.',
      context,
    ).optional(),
    token: secret(
      'Access token: of ntfy, of a Gotify application, or a bearer token.',
      context,
    ).optional(),
    to: list(
      'Receivers of mail.',
      text('An address.', { pattern: ADDRESS, rule: ADDRESS_RULE }),
    ).optional(),
    from: text('Sender of mail.', { pattern: ADDRESS, rule: ADDRESS_RULE }).optional(),
    sendmail: text('The program that takes mail. Default: /usr/sbin/sendmail.', {
      pattern: /^\/[^\0]*$/,
      rule: 'an absolute path',
    }).optional(),
    smtp: smtp(context).optional(),
    run: list(
      'The program and its arguments; no shell reads them. It gets the facts in LONGSHORE_* variables, and as JSON on stdin.',
      text('A word.', { pattern: /^[^\0]+$/, rule: 'text' }),
    ).optional(),
    timeout: duration('How long one delivery may take.', { min: SECOND, max: HOUR }).default(
      30 * SECOND,
    ),
    after: duration(
      'How long a state must last before there is a message about it. A one-shot run reports at once.',
      { max: YEAR },
    ).default(15 * MINUTE),
    remind: duration('Between reminders while it lasts. 0: none.', { max: YEAR }).default(
      24 * HOUR,
    ),
    mirrors: list('Only these mirrors. Default: all.', text('A mirror.')).optional(),
    states: list(
      'Only these states. Default: all but degraded.',
      oneOf('A state.', ALARMS),
    ).default(ALARMS.filter((state) => state !== 'degraded')),
  }).superRefine((channel, check) => {
    const { needs, may } = KEYS[channel.kind];
    const allowed: readonly string[] = [...needs, ...may];
    for (const key of OF_A_KIND) {
      const isThere = channel[key] !== undefined;
      const isNeeded = (needs as readonly KeyOfAKind[]).includes(key);
      if (isThere && !allowed.includes(key))
        complain(check, key, `a channel of kind ${channel.kind} has no ${key}`);
      if (!isThere && isNeeded)
        complain(check, key, `a channel of kind ${channel.kind} needs ${key}`);
    }
    if (channel.run?.length === 0 || channel.to?.length === 0)
      complain(check, channel.kind === 'mail' ? 'to' : 'run', 'expected at least one');
    if (channel.smtp !== undefined && channel.sendmail !== undefined)
      complain(check, 'sendmail', 'mail goes through sendmail or smtp: keep one');
    if ((channel.smtp?.user === undefined) !== (channel.smtp?.password === undefined))
      complain(check, 'smtp', 'expected user and password, or neither');
  });

function complain(check: z.core.$RefinementCtx, key: string, message: string): void {
  check.addIssue({ code: 'custom', path: [key], message });
}

export type NotifySettings = Infer<typeof notifySection>;

/** A channel with the name that it has in the log and in the state folder; no two have the same. */
export type ChannelConfig = NotifySettings & { readonly name: string };

/** A URL that is called while all is well, so that its silence is the alarm. */
export const heartbeatSection = (context: ConfigContext) =>
  section('A URL that is called only after success, so that its silence is the alarm.', {
    url: secret('The URL of the check.', context),
    form: oneOf(
      'healthchecks: also URL/start and URL/fail. uptime-kuma: status=up or down in the query. plain: the URL, after success only.',
      ['healthchecks', 'uptime-kuma', 'plain'],
    ).default('plain'),
    every: duration('The daemon calls it this often while all is well.', {
      min: 10 * SECOND,
      max: 24 * HOUR,
    }).default(5 * MINUTE),
  });

export type HeartbeatSettings = Infer<typeof heartbeatSection>;
