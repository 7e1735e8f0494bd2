import { InvalidCredentialsError } from '../../errors.js';
import { askForm, grantIn } from './ask.js';
import type { Asking, Credentials } from './credentials.js';
import { GOOGLE } from './driver-name.js';
import { textOf } from './members.js';

const TOKEN_URI = 'https://oauth2.googleapis.com/token';
const ACTION = 'renew the token of the user';

/** A person's account, as `gcloud auth application-default login` leaves it. It signs no URLs. */
export function authorizedUser({ http }: Pick<Asking, 'http'>, document: unknown): Credentials {
  const fields = {
    grant_type: 'refresh_token',
    client_id: textOf(document, 'client_id'),
    client_secret: textOf(document, 'client_secret'),
    refresh_token: textOf(document, 'refresh_token'),
  };
  if (Object.values(fields).includes(undefined))
    throw new InvalidCredentialsError(
      'the credentials of the user have no client_id, client_secret or refresh_token',
      { driver: GOOGLE },
    );
  const url = textOf(document, 'token_uri') ?? TOKEN_URI;
  return {
    grant: async (_scope, call) =>
      grantIn(ACTION, url, await askForm(http, ACTION, url, fields, call)),
    signer: async () => undefined,
  };
}
