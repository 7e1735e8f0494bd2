import type { EndpointChoice } from './catalogue.js';

/** A name, or an id, of something in Keystone. */
export type Named = { readonly name: string } | { readonly id: string };

/** How a token is got. Secrets are functions, so that no listing shows them. */
export type Access =
  /** TempAuth, and what else speaks version 1: https://docs.openstack.org/swift/latest/overview_auth.html */
  | { readonly kind: 'v1'; readonly url: string; readonly user: string; secret(): string }
  | {
      readonly kind: 'v2';
      readonly url: string;
      readonly user: string;
      secret(): string;
      /** Rackspace's API keys are credentials of another name. */
      readonly isApiKey: boolean;
      readonly project: Named | undefined;
      readonly endpoint: EndpointChoice;
    }
  | {
      readonly kind: 'v3';
      readonly url: string;
      readonly identity: Identity;
      /** Undefined: the user's own default project, or that of the application credential. */
      readonly project:
        | { readonly id: string }
        | { readonly name: string; readonly domain: Named }
        | undefined;
      readonly endpoint: EndpointChoice;
    }
  /** A token that was got elsewhere: it cannot be renewed. */
  | { readonly kind: 'token'; token(): string; readonly storageUrl: string };

export type Identity =
  | { readonly method: 'password'; readonly user: string; readonly domain: Named; secret(): string }
  | { readonly method: 'application_credential'; readonly id: string; secret(): string };
