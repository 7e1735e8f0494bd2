import { readHead } from './http-request.js';
import {
  type Answer,
  type HttpService,
  type ServiceRequest,
  startService,
} from './http-service.js';
import { S3Refusal } from './s3/answer.js';
import { type Account, verifySignature } from './s3/signature.js';
import type { HttpFault } from './scripted-faults.js';

export type IdentityOperation =
  | 'AssumeRole'
  | 'AssumeRoleWithWebIdentity'
  | 'GetRoleCredentials'
  | 'CreateToken'
  | 'Unknown';

type IdentityRequest = ServiceRequest<IdentityOperation>;

/** What the services accept, and what they give; tests change it while they run. */
export interface IdentityRules {
  /** Who may assume roles: more than the S3 fake's accounts may. */
  readonly accounts: Account[];
  /** External id that a role demands. */
  externalId: string | undefined;
  /** Tokens that the identity provider has issued. */
  readonly webTokens: Set<string>;
  /** Access tokens of users who have logged in. */
  readonly accessTokens: Set<string>;
  readonly refreshTokens: Set<string>;
  /** How long the keys are good for. */
  seconds: number;
  /** Receives the new keys, for an S3 that accepts them. */
  granted(account: Account): void;
  /** The fields of each request to STS, and the queries and bodies of the others. */
  readonly asked: Readonly<Record<string, string>>[];
}

export interface AwsIdentity extends HttpService<IdentityOperation, IdentityRequest, HttpFault> {
  readonly rules: IdentityRules;
}

/** STS and IAM Identity Center on loopback, after their API references. Signatures are verified. */
export async function startAwsIdentity(granted: (account: Account) => void): Promise<AwsIdentity> {
  const rules: IdentityRules = {
    accounts: [],
    externalId: undefined,
    webTokens: new Set(),
    accessTokens: new Set(),
    refreshTokens: new Set(),
    seconds: 3600,
    granted,
    asked: [],
  };
  let count = 0;
  const grant = () => {
    count += 1;
    const account = {
      accessKey: `ASIA${count}`,
      secret: `secret ${count}`,
      sessionToken: `session ${count}`,
    };
    granted(account);
    return { account, expiresAtMs: Date.now() + rules.seconds * 1000 };
  };
  const service = await startService<IdentityOperation, IdentityRequest, never>({
    parse(message) {
      const head = readHead(message);
      return { ...head, operation: operationOf(head.rawPath), key: undefined, body: NOTHING };
    },
    answer: (request) => answerTo(request, rules, grant),
    spoil: (answer) => answer,
    marks: () => ({}),
  });
  return { ...service, rules };
}

const NOTHING = Buffer.alloc(0);
type Grant = () => { readonly account: Account; readonly expiresAtMs: number };

function operationOf(path: string): IdentityOperation {
  if (path === '/federation/credentials') return 'GetRoleCredentials';
  if (path === '/token') return 'CreateToken';
  return path === '/' ? 'AssumeRole' : 'Unknown';
}

function answerTo(request: IdentityRequest, rules: IdentityRules, grant: Grant): Answer {
  if (request.operation === 'GetRoleCredentials') return roleCredentials(request, rules, grant);
  if (request.operation === 'CreateToken') return createToken(request, rules);
  if (request.operation === 'Unknown') return { status: 404 };
  const fields = Object.fromEntries(new URLSearchParams(request.body.toString('utf8')));
  rules.asked.push(fields);
  try {
    return assumeRole(request, fields, rules, grant);
  } catch (error) {
    if (error instanceof S3Refusal) return stsError(error.status, error.code, 'refused');
    throw error;
  }
}

function assumeRole(
  request: IdentityRequest,
  fields: Readonly<Record<string, string>>,
  rules: IdentityRules,
  grant: Grant,
): Answer {
  const { Action: action = '' } = fields;
  if (action === 'AssumeRoleWithWebIdentity') {
    if (!rules.webTokens.has(fields['WebIdentityToken'] ?? ''))
      return stsError(400, 'InvalidIdentityToken', 'The ID Token provided is not valid');
  } else {
    const own = { expired: new Set<string>(), region: undefined, takesChunks: false };
    const nowMs = () => Date.now();
    const { accounts } = rules;
    verifySignature(
      { ...request, bucket: undefined, operation: 'Unknown' },
      { ...own, accounts, nowMs, service: 'sts' },
    );
    if (rules.externalId !== fields['ExternalId'])
      return stsError(403, 'AccessDenied', `not authorized to perform ${action}`);
  }
  const { account, expiresAtMs } = grant();
  return {
    status: 200,
    body: `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result><Credentials><AccessKeyId>${account.accessKey}</AccessKeyId><SecretAccessKey>${account.secret}</SecretAccessKey><SessionToken>${account.sessionToken}</SessionToken><Expiration>${new Date(expiresAtMs).toISOString()}</Expiration></Credentials></${action}Result></${action}Response>`,
  };
}

function stsError(status: number, code: string, message: string): Answer {
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>`;
  return { status, body: `<ErrorResponse>${error}<RequestId>1</RequestId></ErrorResponse>` };
}

function roleCredentials(
  { headers, query }: IdentityRequest,
  rules: IdentityRules,
  grant: Grant,
): Answer {
  rules.asked.push(Object.fromEntries(query));
  if (!rules.accessTokens.has(headers['x-amz-sso_bearer_token'] ?? ''))
    return { status: 401, body: '{"message":"Session token not found or invalid"}' };
  if (query.get('role_name') !== 'Backup') return { status: 403, body: '{"message":"No access"}' };
  const { account, expiresAtMs } = grant();
  const { accessKey: accessKeyId, secret: secretAccessKey, sessionToken } = account;
  const keys = { accessKeyId, secretAccessKey, sessionToken, expiration: expiresAtMs };
  return { status: 200, body: JSON.stringify({ roleCredentials: keys }) };
}

function createToken({ body }: IdentityRequest, rules: IdentityRules): Answer {
  const asks = JSON.parse(body.toString('utf8')) as Readonly<Record<string, string>>;
  rules.asked.push(asks);
  if (
    asks['grantType'] !== 'refresh_token' ||
    !rules.refreshTokens.delete(asks['refreshToken'] ?? '')
  )
    return { status: 400, body: '{"error":"invalid_grant"}' };
  const [accessToken, refreshToken] = [`access after ${asks['refreshToken']}`, 'next refresh'];
  rules.accessTokens.add(accessToken);
  rules.refreshTokens.add(refreshToken);
  const granted = { accessToken, refreshToken, expiresIn: 3600, tokenType: 'Bearer' };
  return { status: 200, body: JSON.stringify(granted) };
}
