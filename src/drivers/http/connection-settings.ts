import { duration } from '../../config/amounts.js';
import {
  type ConfigContext,
  count,
  flag,
  folder,
  type Infer,
  section,
  text,
} from '../../config/fields.js';

/** The settings of a connection to any provider that speaks HTTP. */
export const connectionFields = (context: ConfigContext) => ({
  secure: flag('Use TLS.').default(true),
  ca_file: folder(
    'PEM file of the authorities to trust instead of the built-in ones.',
    context,
  ).optional(),
  verify_tls: flag('Whether the server’s certificate is checked. False is for tests only.').default(
    true,
  ),
  connect_timeout: duration('Longest wait for a connection.', { min: 1 }).default(10_000),
  timeout: duration('Longest time without an answer from the server.', { min: 1 }).default(60_000),
  connections: count('Connections to one host.', { min: 1, max: 1024 }).default(64),
});

const connectionSection = (context: ConfigContext) =>
  section('A connection.', connectionFields(context));

export type ConnectionSettings = Infer<typeof connectionSection> & {
  /** Where proxies are looked up. */
  environment(): Readonly<Record<string, string | undefined>>;
};

export const hostName = (description: string) =>
  text(description, {
    pattern: /^[A-Za-z0-9.-]+$|^\[[0-9a-fA-F:]+\]$/,
    rule: 'a host name, without scheme or port (an IPv6 address in brackets: "[::1]")',
  });
