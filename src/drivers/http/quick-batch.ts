import type { Call } from '../call.js';
import type { Begun, Passage } from '../passage.js';
import type { QuickOutcome, QuickRun, QuickRunOptions } from '../quick-run.js';
import type { HttpAnswer } from './exchange.js';
import type { ProviderClient, ProviderRequest } from './provider-client.js';

/** Many requests of one operation, each at the cost of one object. */
export interface QuickBatch<Request, Outcome extends QuickOutcome> {
  readonly client: Pick<ProviderClient<Request>, 'openRequests'>;
  readonly createRun: (options: QuickRunOptions, call: Call) => QuickRun<Outcome>;
  /** Bytes of the content of each. */
  readonly sizes: readonly number[];
  readonly passage: Passage;
  /** What it throws is the outcome of the row. `entered`: what the passage gave for it. */
  requestOf(row: number, entered: Begun): Request;
  /** Of an answer of success. */
  outcomeOf(row: number, answer: HttpAnswer): Outcome;
  failed(error: Error, row: number): Outcome;
}

/** Resolves, when none is under way any more, with the outcome of each; undefined: it was not begun. Rejects when nothing was. */
export async function requestEach<
  Request extends ProviderRequest<string>,
  Outcome extends QuickOutcome,
>(batch: QuickBatch<Request, Outcome>, call: Call): Promise<readonly (Outcome | undefined)[]> {
  const { client, createRun, sizes, passage } = batch;
  const run = createRun({ sizes, passage, begin: (row, entered) => send(row, entered) }, call);
  const fail = (row: number, error: unknown) => {
    const reason = error instanceof Error ? error : new Error(String(error));
    run.ended(row, batch.failed(reason, row));
  };
  const requests = await client.openRequests<Request & { readonly row: number }>(
    {
      answered: ({ row }, answer) => run.ended(row, batch.outcomeOf(row, answer)),
      failed: ({ row }, error) => fail(row, error),
    },
    call,
  );
  const send = (row: number, entered: Begun) => {
    try {
      requests.begin(Object.assign(batch.requestOf(row, entered), { row }));
    } catch (error) {
      fail(row, error);
    }
  };
  try {
    return await run.outcomes();
  } finally {
    requests.close();
  }
}
