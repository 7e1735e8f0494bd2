import { createHmac, timingSafeEqual } from 'node:crypto';
import { S3Refusal } from './answer.js';
import { decodeChunked, isChunked } from './chunked-body.js';
import { digest, type FakeRequest } from './request.js';

export interface Account {
  readonly accessKey: string;
  readonly secret: string;
  readonly sessionToken?: string;
}

export interface SignatureRules {
  readonly accounts: readonly Account[];
  readonly expired: ReadonlySet<string>;
  readonly region: string | undefined;
  /** Whether a body in chunks is understood. */
  readonly takesChunks: boolean;
  /** That the scope names; default: `s3`. */
  readonly service?: string;
  nowMs(): number;
}

const SKEW_MS = 15 * 60_000;

/** Verifies SigV4 from nothing but what came over the wire; throws what S3 would answer. Returns the content that it covers. */
export function verifySignature(request: FakeRequest, rules: SignatureRules): Buffer {
  const claim = request.query.has('X-Amz-Signature') ? fromQuery(request) : fromHeader(request);
  const [accessKey = '', day = '', region = '', service = '', end = ''] =
    claim.credential.split('/');
  const account = rules.accounts.find((each) => each.accessKey === accessKey);
  if (account === undefined) throw new S3Refusal(403, 'InvalidAccessKeyId');
  if (rules.expired.has(accessKey)) throw new S3Refusal(400, 'ExpiredToken');
  if (claim.token !== account.sessionToken) throw new S3Refusal(400, 'InvalidToken');
  const wanted = rules.service ?? 's3';
  if (service !== wanted || end !== 'aws4_request' || !claim.time.startsWith(day))
    throw new S3Refusal(403, 'SignatureDoesNotMatch');
  if (rules.region !== undefined && region !== rules.region)
    throw new S3Refusal(400, 'AuthorizationHeaderMalformed', {}, { Region: rules.region });
  checkTime(claim, rules.nowMs());
  checkWhatIsSigned(request, claim);
  const canonical = [
    request.method,
    canonicalPath(request.rawPath),
    canonicalQuery(request),
    ...claim.signed.map(
      (name) => `${name}:${(request.headers[name] ?? '').trim().replace(/\s+/g, ' ')}`,
    ),
    '',
    claim.signed.join(';'),
    claim.payload,
  ].join('\n');
  const timeAndScope = `${claim.time}\n${day}/${region}/${wanted}/aws4_request`;
  const text = `AWS4-HMAC-SHA256\n${timeAndScope}\n${digest('sha256', canonical)}`;
  let key: Buffer | string = `AWS4${account.secret}`;
  for (const part of [day, region, wanted, 'aws4_request'])
    key = createHmac('sha256', key).update(part).digest();
  const expected = createHmac('sha256', key).update(text).digest();
  const given = Buffer.from(claim.signature, 'hex');
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    throw new S3Refusal(403, 'SignatureDoesNotMatch');
  if (isChunked(claim.payload)) {
    // As Swift's S3 API before release 2.35 answers it.
    if (!rules.takesChunks) throw new S3Refusal(501, 'NotImplemented');
    return decodeChunked(request, claim.payload, { key, timeAndScope, seed: claim.signature });
  }
  if (claim.payload !== 'UNSIGNED-PAYLOAD' && claim.payload !== digest('sha256', request.body))
    throw new S3Refusal(400, 'XAmzContentSHA256Mismatch');
  return request.body;
}

interface Claim {
  readonly credential: string;
  readonly signed: readonly string[];
  readonly signature: string;
  readonly time: string;
  readonly payload: string;
  readonly token: string | undefined;
  readonly goodForMs: number | undefined;
}

function fromHeader({ headers }: FakeRequest): Claim {
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      headers['authorization'] ?? '',
    );
  if (match === null) throw new S3Refusal(403, 'AccessDenied');
  const [, credential = '', signed = '', signature = ''] = match;
  return {
    credential,
    signed: signed.split(';'),
    signature,
    time: headers['x-amz-date'] ?? '',
    payload: headers['x-amz-content-sha256'] ?? '',
    token: headers['x-amz-security-token'],
    goodForMs: undefined,
  };
}

function fromQuery({ query }: FakeRequest): Claim {
  const get = (name: string) => query.get(`X-Amz-${name}`) ?? '';
  return {
    credential: get('Credential'),
    signed: get('SignedHeaders').split(';'),
    signature: get('Signature'),
    time: get('Date'),
    payload: 'UNSIGNED-PAYLOAD',
    token: query.get('X-Amz-Security-Token'),
    goodForMs: Number(get('Expires')) * 1000,
  };
}

function checkTime({ time, goodForMs }: Claim, now: number): void {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time);
  if (match === null) throw new S3Refusal(403, 'AccessDenied');
  const [, year, month, day, hour, minute, second] = match.map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const signedAt = Date.UTC(year, month - 1, day, hour, minute, second);
  if (signedAt > now + SKEW_MS || now > signedAt + (goodForMs ?? SKEW_MS))
    throw new S3Refusal(403, goodForMs === undefined ? 'RequestTimeTooSkewed' : 'AccessDenied');
}

/** Host, every x-amz header and Content-MD5 must be covered, else a proxy could change them. */
function checkWhatIsSigned({ headers }: FakeRequest, { signed, goodForMs }: Claim): void {
  const sorted = [...signed].sort();
  if (sorted.join() !== signed.join()) throw new S3Refusal(403, 'SignatureDoesNotMatch');
  const needed =
    goodForMs === undefined
      ? Object.keys(headers).filter((name) => /^(host|content-md5|x-amz-.*)$/.test(name))
      : ['host'];
  for (const name of needed) if (!signed.includes(name)) throw new S3Refusal(403, 'AccessDenied');
}

/** S3 computes the canonical form itself: a client that encoded otherwise signed something else. */
function canonicalPath(raw: string): string {
  return raw.split('/').map(reencode).join('/');
}

function canonicalQuery({ rawQuery }: FakeRequest): string {
  if (rawQuery === '') return '';
  const pairs = rawQuery.split('&').map((pair) => {
    const [name = '', value = ''] = pair.split(/=(.*)/s, 2);
    return [reencode(name), reencode(value)] as const;
  });
  return pairs
    .filter(([name]) => name !== 'X-Amz-Signature')
    .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function reencode(raw: string): string {
  let encoded = '';
  for (const byte of Buffer.from(decodeURIComponent(raw), 'utf8')) {
    const character = String.fromCharCode(byte);
    encoded += /[A-Za-z0-9_.~-]/.test(character)
      ? character
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}
