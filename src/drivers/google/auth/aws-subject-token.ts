import { createHash, createHmac } from 'node:crypto';
import { isoTime } from '../../../clock.js';
import type { Call } from '../../call.js';
import { InvalidCredentialsError } from '../../errors.js';
import { ask, documentIn } from './ask.js';
import type { Asking } from './credentials.js';
import { GOOGLE } from './driver-name.js';
import { textOf } from './members.js';

interface AwsKeys {
  readonly id: string;
  readonly secret: string;
  readonly token: string | undefined;
}

/**
 * A signed request to AWS's GetCallerIdentity, which Google sends in our place to learn who we are: https://google.aip.dev/auth/4117,
 * "Determining the subject token in AWS". Keys come from the environment, else from the metadata service of the machine.
 */
export function awsSubjectToken(
  asking: Asking,
  source: unknown,
  audience: string,
): (call: Call) => Promise<string> {
  return async (call) => {
    const imds = metadataOf(asking, source);
    const region = await regionOf(asking, source, imds, call);
    const keys = keysIn(asking) ?? (await imds.keys(call));
    const template =
      textOf(source, 'regional_cred_verification_url') ??
      'https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15';
    const url = new URL(template.replace('{region}', region));
    const headers = signed(url, region, keys, audience, asking.clock.now());
    const request = {
      url: url.href,
      method: 'POST',
      headers: Object.entries(headers).map(([key, value]) => ({ key, value })),
    };
    return encodeURIComponent(JSON.stringify(request));
  };
}

function keysIn({ env }: Asking): AwsKeys | undefined {
  const id = env['AWS_ACCESS_KEY_ID'];
  const secret = env['AWS_SECRET_ACCESS_KEY'];
  return id && secret ? { id, secret, token: env['AWS_SESSION_TOKEN'] || undefined } : undefined;
}

async function regionOf(
  { env }: Asking,
  source: unknown,
  imds: ReturnType<typeof metadataOf>,
  call: Call,
): Promise<string> {
  const named = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'];
  if (named) return named;
  const zone = (await imds.get(textOf(source, 'region_url'), call)).trim();
  return zone.replace(/[a-z]$/, ''); // of `eu-west-1b`
}

function metadataOf({ local }: Asking, source: unknown) {
  const action = "ask AWS's metadata service";

  async function get(url: string | undefined, call: Call): Promise<string> {
    if (url === undefined) throw missing('no address of the metadata service');
    const session = textOf(source, 'imdsv2_session_token_url');
    const headers: Record<string, string> = {};
    if (session !== undefined) {
      const wanted = { 'x-aws-ec2-metadata-token-ttl-seconds': '300' };
      const question = { action, method: 'PUT', url: session, headers: wanted } as const;
      headers['x-aws-ec2-metadata-token'] = (await ask(local, question, call)).body.toString();
    }
    return (await ask(local, { action, method: 'GET', url, headers }, call)).body.toString('utf8');
  }

  return {
    get,
    async keys(call: Call): Promise<AwsKeys> {
      const url = textOf(source, 'url');
      const role = (await get(url, call)).trim();
      const text = await get(`${url}/${encodeURIComponent(role)}`, call);
      const answer = { status: 200, headers: {}, body: Buffer.from(text) };
      const document = documentIn(action, url ?? '', answer);
      const id = textOf(document, 'AccessKeyId');
      const secret = textOf(document, 'SecretAccessKey');
      if (id === undefined || secret === undefined) throw missing('no keys of the role');
      return { id, secret, token: textOf(document, 'Token') };
    },
  };
}

function missing(what: string): InvalidCredentialsError {
  return new InvalidCredentialsError(
    `the external account of AWS cannot be used: there are ${what}, and no AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment`,
    { driver: GOOGLE },
  );
}

/** Signature Version 4 of a POST without a body: https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html */
function signed(
  url: URL,
  region: string,
  { id, secret, token }: AwsKeys,
  audience: string,
  nowMs: number,
): Record<string, string> {
  const time = isoTime(nowMs).replace(/[-:]|\.\d+/g, '');
  const day = time.slice(0, 8);
  const headers: Record<string, string> = {
    host: url.host,
    'x-amz-date': time,
    ...(token !== undefined && { 'x-amz-security-token': token }),
    'x-goog-cloud-target-resource': audience,
  };
  const names = Object.keys(headers).join(';'); // they are written in order
  const query = [...url.searchParams]
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .sort()
    .join('&');
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const canonical = ['POST', url.pathname, query, lines.join(''), names, sha256('')].join('\n');
  const scope = `${day}/${region}/sts/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n');
  const key = [region, 'sts', 'aws4_request'].reduce(hmac, hmac(`AWS4${secret}`, day));
  const signature = hmac(key, toSign).toString('hex');
  return {
    authorization: `AWS4-HMAC-SHA256 Credential=${id}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
    ...headers,
  };
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
