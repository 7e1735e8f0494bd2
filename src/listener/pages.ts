/** A file of the page, under a fixed path: no name of a request leads to a file on the disk. */
export interface PageAsset {
  /** As in `/page.css`. */
  readonly path: string;
  readonly contentType: string;
  readonly body: string | Uint8Array;
}

/** For whom a page is made, and where its data comes from. */
export interface PageRequest {
  readonly role: 'read' | 'decide';
  /** What a script has to send with each change; undefined for a caller that sends the token. */
  readonly csrf: string | undefined;
  /**
   * Asks a route below `/api/v1`, as in `/status`. Resolves with its JSON, with undefined for a 404, and rejects for any other
   * error.
   */
  ask(target: string): Promise<unknown>;
}

export interface RenderedPage {
  readonly status: number;
  readonly html: string;
}

/** What the listener shows to a browser that has signed in. */
export interface Pages {
  readonly assets: readonly PageAsset[];
  /** The page at an address, path and query; undefined: there is none. */
  render(address: string, request: PageRequest): Promise<RenderedPage | undefined>;
}
