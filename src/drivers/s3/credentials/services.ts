import type { Clock } from '../../../clock.js';
import type { HttpClient } from '../../http/exchange.js';
import type { Credentials } from './credentials.js';
import type { Environment } from './environment.js';

/** What is needed to exchange one kind of credentials for another. */
export interface AwsServices {
  readonly env: Environment;
  readonly clock: Clock;
  /** For STS and IAM Identity Center: with the target's proxy, authorities and waits. */
  readonly http: HttpClient;
  /** For services that are next door or nowhere: short waits, no proxy. */
  readonly metadata: HttpClient;
  /** The region whose STS is asked. */
  readonly region: string;
  /** The headers of a POST to STS with those that prove who sends it. */
  signForSts(request: StsRequest, credentials: Credentials): Record<string, string>;
}

export interface StsRequest {
  readonly host: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Of the scope of the signature. */
  readonly region: string;
}

/** Where a service answers. */
export interface ServiceAddress {
  readonly origin: string;
  /** As in the Host header. */
  readonly host: string;
  /** Of the endpoint, without a `/` at its end; empty for most. */
  readonly base: string;
}

const VARIABLES = {
  sts: 'AWS_ENDPOINT_URL_STS',
  'portal.sso': 'AWS_ENDPOINT_URL_SSO',
  oidc: 'AWS_ENDPOINT_URL_SSO_OIDC',
} as const;

/**
 * The endpoint of a service in a region (https://docs.aws.amazon.com/general/latest/gr/rande.html), or the one that the
 * environment names: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
export function serviceAddress(
  service: keyof typeof VARIABLES,
  region: string,
  env: Environment,
): ServiceAddress {
  const isIgnored = env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS']?.toLowerCase() === 'true';
  const configured = isIgnored ? undefined : env[VARIABLES[service]] || env['AWS_ENDPOINT_URL'];
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const fallback = `https://${service}.${region}.${domain}`;
  const url = new URL(configured && URL.canParse(configured) ? configured : fallback);
  return { origin: url.origin, host: url.host, base: url.pathname.replace(/\/+$/, '') };
}
