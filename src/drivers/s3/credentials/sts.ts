import { parseTime } from '../../../clock.js';
import type { Call } from '../../call.js';
import { quotedWords } from '../../credential-program.js';
import { fromTransport } from '../../http/refusal.js';
import { childrenOf, parseXml, textOf, type XmlElement } from '../../http/xml.js';
import type { Credentials } from './credentials.js';
import { noCredentialsNow, unusableCredentials } from './problems.js';
import { type AwsServices, serviceAddress } from './services.js';

// AWS Security Token Service: https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html

/** A role, and how it is to be taken on. */
export interface Role {
  readonly arn: string;
  readonly sessionName?: string | undefined;
  readonly externalId?: string | undefined;
  /** Seconds as text; default: the service's, an hour. */
  readonly duration?: string | undefined;
}

/** The name in the trail of the account, where the profile gives none. */
const SESSION_NAME = 'longshore';
const FORM = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
/** A later try may go through: https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html */
const PASSING =
  /^(Throttling|ThrottlingException|RequestLimitExceeded|ServiceUnavailable|InternalFailure|InternalError|IDPCommunicationError)$/;

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export function assumeRole(
  role: Role,
  by: Credentials,
  services: AwsServices,
  call: Call,
): Promise<Credentials> {
  return ask('AssumeRole', role, { ExternalId: role.externalId }, { by, services, call });
}

/** `token`: what the identity provider issued. https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html */
export function assumeRoleWithWebIdentity(
  role: Role,
  token: string,
  services: AwsServices,
  call: Call,
): Promise<Credentials> {
  const parameters = { WebIdentityToken: token };
  return ask('AssumeRoleWithWebIdentity', role, parameters, { by: undefined, services, call });
}

interface Asking {
  /** Who signs the request; undefined: it proves itself. */
  readonly by: Credentials | undefined;
  readonly services: AwsServices;
  readonly call: Call;
}

async function ask(
  action: string,
  role: Role,
  parameters: Readonly<Record<string, string | undefined>>,
  { by, services, call: { signal } }: Asking,
): Promise<Credentials> {
  const region = stsRegion(services.region);
  const { origin, host, base } = serviceAddress('sts', region, services.env);
  const form = new URLSearchParams({
    Action: action,
    Version: '2011-06-15',
    RoleArn: role.arn,
    RoleSessionName: role.sessionName || SESSION_NAME,
  });
  const optional = { ...parameters, DurationSeconds: role.duration };
  for (const [name, value] of Object.entries(optional))
    if (value !== undefined && value !== '') form.set(name, value);
  const body = Buffer.from(form.toString());
  const path = `${base}/`;
  const headers =
    by === undefined ? FORM : services.signForSts({ host, path, headers: FORM, body, region }, by);
  const request = { method: 'POST', origin, path, headers, body, signal } as const;
  const answer = await services.http.request(request).catch((error: unknown) => {
    throw fromTransport(error, 's3');
  });
  return credentialsIn(answer.status, answer.body.toString('utf8'), action, role);
}

/** STS is in every region of AWS; another store's region is none of them. */
function stsRegion(region: string): string {
  return /^[a-z]{2}(-[a-z]+)+-\d+$/.test(region) ? region : 'us-east-1';
}

function credentialsIn(status: number, text: string, action: string, role: Role): Credentials {
  const document = parseXml(text);
  if (status !== 200) throw refusal(status, document?.element, role);
  const result = document && childrenOf(document.element, `${action}Result`)[0];
  const found = result && childrenOf(result, 'Credentials')[0];
  const field = (name: string) => (found && textOf(found, name)) || undefined;
  const [accessKeyId, secretAccessKey] = [field('AccessKeyId'), field('SecretAccessKey')];
  const sessionToken = field('SessionToken');
  const expiresAtMs = parseTime(field('Expiration') ?? '');
  if (!accessKeyId || !secretAccessKey || !sessionToken || expiresAtMs === undefined)
    throw noCredentialsNow(`STS answered ${action} with 200, but without credentials`);
  return { accessKeyId, secretAccessKey, sessionToken, expiresAtMs };
}

function refusal(status: number, element: XmlElement | undefined, { arn }: Role): Error {
  const error = element && childrenOf(element, 'Error')[0];
  const code = error && textOf(error, 'Code');
  const problem = `the role ${quotedWords(arn)} cannot be assumed: STS answered ${status}`;
  if (code === undefined) return noCredentialsNow(problem);
  const whole = `${problem} ${quotedWords(`${code}: ${textOf(error as XmlElement, 'Message') ?? ''}`)}`;
  const isPassing = status >= 500 || status === 429 || PASSING.test(code);
  return isPassing ? noCredentialsNow(whole) : unusableCredentials(whole);
}
