import { addressList, isLoopback } from '../ip-address.js';
import type { Complaint } from './complaint.js';
import { flag, folder, type Infer, list, secret, section, text } from './fields.js';
import { type ListenAddress, parseListenAddress } from './listen-address.js';
import type { ConfigContext, Secret } from './secret.js';
import { expected, wrong } from './wording.js';
import * as z from './zod.js';

/** The status page and its API on the network; see docs/status-page.md. */
export interface StatusPageConfig {
  /** `systemd`: the socket that systemd passes to the service. */
  readonly listen: 'systemd' | ListenAddress;
  /** Other machines may reach it. */
  readonly public: boolean;
  /** Absolute paths of PEM files. */
  readonly tls: { readonly certificate: string; readonly key: string } | undefined;
  /** IP addresses and networks. */
  readonly behindProxy: readonly string[];
  /** Lower case. */
  readonly hosts: readonly string[];
  /** Undefined: one that longshore makes, in the state folder. */
  readonly token: Secret | undefined;
  /** Shows everything and changes nothing. Undefined: there is no such token. */
  readonly readToken: Secret | undefined;
  /** Undefined: `/metrics` takes the other tokens only. */
  readonly metricsToken: Secret | undefined;
}

const LISTEN = 'an address such as "127.0.0.1:7460" or "[::1]:7460", "systemd" or "off"';

const listenSetting = z
  .string({ error: wrong(LISTEN) })
  .transform((written, context): 'off' | 'systemd' | ListenAddress => {
    if (written === 'off' || written === 'systemd') return written;
    const address = parseListenAddress(written);
    if (address !== undefined)
      return address.host === 'localhost' ? { ...address, host: '127.0.0.1' } : address;
    context.addIssue({ code: 'custom', message: expected(LISTEN, written) });
    return z.NEVER;
  })
  .meta({
    description:
      'Where the status page and its API are served over HTTP. systemd: on the socket that a socket unit passes. off: nowhere.',
    $comment: LISTEN,
  });

const HOST =
  /^(?=.{1,253}$)(?:[a-z\d](?:[a-z\d_-]*[a-z\d])?)(?:\.[a-z\d](?:[a-z\d_-]*[a-z\d])?)*$/i;

export const statusSection = (context: ConfigContext) =>
  section('The status page: see docs/status-page.md.', {
    listen: listenSetting.prefault('off'),
    public: flag(
      'Allow an address that other machines reach. It takes tls or behind_proxy, as tokens would be readable on the way.',
    ).default(false),
    tls: section('The listener speaks TLS. Renewed files are noticed within a minute.', {
      certificate: folder(
        'PEM file of the certificate and those between it and its root.',
        context,
      ),
      key: folder('PEM file of the key.', context),
    }).optional(),
    behind_proxy: list(
      'A proxy in front speaks TLS: its IP addresses or networks. Nothing else may connect but this machine.',
      text('One of them.', {
        pattern: /^[\da-f.:]+(?:\/\d{1,3})?$/i,
        rule: 'an IP address or network such as "192.0.2.7" or "10.0.0.0/24"',
      }),
    ).default([]),
    hosts: list(
      'Names, without a port, by which browsers reach the page, besides the address and localhost. A request to any other name is refused.',
      text('One of them.', {
        pattern: HOST,
        rule: 'a name such as "backup.example.org", without a port',
      }),
    ).default([]),
    token: secret(
      'What a person signs in with, and scripts send: at least 32 characters. Default: longshore makes one in the state folder, page-token.',
      context,
    ).optional(),
    read_token: secret(
      'Another token: it shows everything and changes nothing.',
      context,
    ).optional(),
    metrics_token: secret('A third token: it opens /metrics and nothing else.', context).optional(),
  });

type Written = Infer<typeof statusSection>;

/** Undefined: it is off. */
export function statusPageOf(written: Written): StatusPageConfig | undefined {
  const { listen, tls, behind_proxy, hosts, token, read_token, metrics_token } = written;
  if (listen === 'off') return undefined;
  return {
    listen,
    public: written.public,
    tls,
    behindProxy: behind_proxy,
    hosts: hosts.map((host) => host.toLowerCase()),
    token,
    readToken: read_token,
    metricsToken: metrics_token,
  };
}

/** The tokens under their names in the configuration; a page that is off has none. */
export function statusSecrets(page: StatusPageConfig | undefined) {
  return {
    token: page?.token,
    read_token: page?.readToken,
    metrics_token: page?.metricsToken,
  };
}

/** Complaints about an address that other machines reach while a token could be read, or a foreign name could lead there. */
export function statusPageProblems(written: Written | undefined): Complaint[] {
  if (written === undefined) return [];
  const { listen, tls, behind_proxy: proxies, hosts } = written;
  const at = (key: string, message: string): Complaint => ({ path: ['status', key], message });
  const isOpen = typeof listen === 'object' && !isLoopback(listen.host);
  const isGuarded = tls !== undefined || proxies.length > 0;
  const takesNames = proxies.length > 0 || (isOpen && /^[0:.]+$/.test(listen.host));
  return [
    ...(isOpen && !written.public
      ? [
          at(
            'listen',
            `other machines reach ${listen.host}: expected a loopback address (127.0.0.1, ::1), or "public: true" with tls or behind_proxy`,
          ),
        ]
      : []),
    ...(written.public && !isGuarded
      ? [
          at(
            'public',
            'the token would be readable on the network: expected tls, or behind_proxy where a proxy speaks TLS',
          ),
        ]
      : []),
    ...(addressList(proxies) === undefined
      ? [
          at(
            'behind_proxy',
            'expected IP addresses or networks, such as "192.0.2.7" or "10.0.0.0/24"',
          ),
        ]
      : []),
    ...(takesNames && hosts.length === 0
      ? [at('hosts', 'missing; expected the names by which browsers reach the page')]
      : []),
  ];
}
