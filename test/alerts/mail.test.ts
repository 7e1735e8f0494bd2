import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { describe, expect, onTestFinished, test } from 'vitest';
import { sendMail } from '../../src/alerts/mail.js';
import type { ChannelConfig } from '../../src/config/notify.js';
import { Secret } from '../../src/config/secret.js';
import { temporaryFolder } from '../world/folder.js';
import { message } from './messages.js';

const never = new AbortController().signal;
const MAIL = {
  to: ['ann@example.org', 'bob@example.org'],
  from: 'longshore@example.org',
  timeout: 5_000,
};

interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly user: string | undefined;
  readonly content: string;
}

async function startSmtp(options: SMTPServerOptions = {}) {
  const mails: Mail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    allowInsecureAuth: true,
    logger: false,
    onAuth: ({ username, password }, _session, done) =>
      password === 'right' ? done(null, { user: username }) : done(new Error('wrong: SECRET')),
    onData: (stream, session, done) => {
      void text(stream).then((content) => {
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          user: session.user as string | undefined,
          content,
        });
        done();
      });
    },
    ...options,
  });
  server.on('error', () => {}); // a client that hangs up
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const { port } = server.server.address() as AddressInfo;
  return { mails, port };
}

const smtp = (port: number, different: Partial<NonNullable<ChannelConfig['smtp']>> = {}) => ({
  ...MAIL,
  smtp: { host: '127.0.0.1', port, security: 'none' as const, ...different },
});

describe('mail by SMTP', () => {
  test('arrives with its receivers, its subject in UTF-8, and an id that is the same each time', async () => {
    const { mails, port } = await startSmtp();
    const sent = message({ title: 'größer — 🚢', text: 'first\nsecond' });
    for (let time = 0; time < 2; time += 1) await sendMail(smtp(port), sent, {}, never);
    expect(mails).toHaveLength(2);
    for (const { from, to, content } of mails) {
      expect({ from, to }).toEqual({ from: MAIL.from, to: MAIL.to });
      expect(content).toContain('Message-ID: <id-1@longshore.invalid>');
      expect(content).toContain('Auto-Submitted: auto-generated');
      expect(content).toMatch(/^Subject: =\?UTF-8\?/m);
      expect(content).toContain('first\r\nsecond');
    }
  });

  test('gives its user and password, and no error quotes the server or the password', async () => {
    const { mails, port } = await startSmtp({ authOptional: false });
    const login = (password: string) =>
      smtp(port, {
        user: 'ann',
        password: new Secret({ literal: password }, { folder: '/', env: {} }),
      });
    await sendMail(login('right'), message(), {}, never);
    expect(mails.map(({ user }) => user)).toEqual(['ann']);
    const error = await sendMail(login('SECRET-2'), message(), {}, never).catch(
      (reason: Error) => reason,
    );
    expect((error as Error).message).toMatch(/^127\.0\.0\.1: mail was not taken \(EAUTH, .*535\)$/);
    expect((error as Error).message).not.toContain('SECRET');
  });

  test('with starttls sends nothing to a server that does not encrypt', async () => {
    const { mails, port } = await startSmtp({ hideSTARTTLS: true, disabledCommands: ['STARTTLS'] });
    await expect(
      sendMail(smtp(port, { security: 'starttls' }), message(), {}, never),
    ).rejects.toThrow('mail was not taken');
    expect(mails).toEqual([]);
  });
});

describe('mail by sendmail', () => {
  test('is handed to the program with its receivers as words, and its failure is an error', async () => {
    const folder = temporaryFolder('sendmail');
    const sendmail = join(folder, 'sendmail');
    // A variable that the program gets says what it ends with.
    writeFileSync(
      sendmail,
      `#!/bin/sh\necho "$@" >${folder}/args\ncat >${folder}/mail\nexit $TZ\n`,
    );
    chmodSync(sendmail, 0o755);
    const env = { PATH: process.env['PATH'], TZ: '0' };
    await sendMail({ ...MAIL, sendmail }, message({ text: 'the text' }), env, never);
    expect(readFileSync(join(folder, 'args'), 'utf8')).toBe(
      '-i -f longshore@example.org ann@example.org bob@example.org\n',
    );
    const mail = readFileSync(join(folder, 'mail'), 'utf8');
    expect(mail).toContain('To: ann@example.org, bob@example.org');
    expect(mail).toContain('the text\n');
    expect(mail).not.toContain('\r');
    await expect(
      sendMail({ ...MAIL, sendmail }, message(), { ...env, TZ: '75' }, never),
    ).rejects.toThrow('ended with exit code 75');
  });
});
