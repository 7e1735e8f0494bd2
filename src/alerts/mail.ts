import type { Transporter } from 'nodemailer';
import type { ChannelConfig } from '../config/notify.js';
import { DeliveryError } from './delivery-error.js';
import type { Message } from './message.js';
import { runCommand } from './run-command.js';

// The only file that knows nodemailer. It is loaded with the first mail.

const SENDMAIL = '/usr/sbin/sendmail';

/** Sends a message by mail. Rejects with DeliveryError, or the signal's reason. */
export async function sendMail(
  channel: Pick<ChannelConfig, 'to' | 'from' | 'sendmail' | 'smtp' | 'timeout'>,
  message: Message,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<void> {
  const { to = [], from = '', smtp, sendmail = SENDMAIL } = channel;
  const mail = {
    from,
    to: [...to],
    subject: message.title,
    text: `${message.text}\n`,
    // A receiver drops a second copy of one message.
    messageId: `<${message.id}@longshore.invalid>`,
    headers: { 'Auto-Submitted': 'auto-generated' }, // RFC 3834: no out-of-office answers
  };
  const { createTransport } = await import('nodemailer');
  if (smtp !== undefined) {
    await sendBySmtp(createTransport(smtpOptions(smtp, channel.timeout)), mail, smtp.host, signal);
    return;
  }
  const composed = await createTransport({
    streamTransport: true,
    buffer: true,
    newline: 'unix',
    disableFileAccess: true,
    disableUrlAccess: true,
  }).sendMail(mail);
  const words = [sendmail, '-i', '-f', from, ...to];
  const input = composed.message as Buffer;
  await runCommand({ words, env: commandEnv(env), input }, signal);
}

type Smtp = NonNullable<ChannelConfig['smtp']>;

const PORTS = { tls: 465, starttls: 587, none: 25 } as const;

function smtpOptions({ host, port, security, user, password }: Smtp, timeoutMs: number) {
  return {
    host,
    port: port ?? PORTS[security],
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    ...(user !== undefined && password !== undefined
      ? { auth: { user, pass: password.reveal() } }
      : {}),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

async function sendBySmtp(
  transport: Pick<Transporter, 'sendMail' | 'close'>,
  mail: Parameters<Transporter['sendMail']>[0],
  host: string,
  signal: AbortSignal,
): Promise<void> {
  const close = () => transport.close();
  signal.addEventListener('abort', close);
  try {
    await transport.sendMail(mail);
  } catch (error) {
    signal.throwIfAborted();
    throw new DeliveryError(`${host}: ${smtpReason(error)}`);
  } finally {
    signal.removeEventListener('abort', close);
    transport.close();
  }
}

/** The code and the server's status only: the server's words could quote what was sent. */
function smtpReason(error: unknown): string {
  const { code, responseCode } = error as { code?: unknown; responseCode?: unknown };
  const status = typeof responseCode === 'number' ? `, the server answered ${responseCode}` : '';
  return `mail was not taken (${typeof code === 'string' ? code : 'unknown'}${status})`;
}

/** What a child needs of our environment: none of its secrets. */
export function commandEnv(
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | undefined>> {
  const { PATH, HOME, USER, LOGNAME, LANG, LC_ALL, TZ, TMPDIR } = env;
  return { PATH, HOME, USER, LOGNAME, LANG, LC_ALL, TZ, TMPDIR };
}
