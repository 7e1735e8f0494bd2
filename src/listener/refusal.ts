/** An answer to a request that is not carried out. `error` is for people: what is wrong, and what to do. */
export interface Refusal {
  readonly status: number;
  readonly error: string;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
}

export function refuse(status: number, error: string, headers?: Refusal['headers']): Refusal {
  return { status, error, ...(headers && { headers }) };
}
