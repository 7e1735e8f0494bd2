/** Texts for decisions that only report. */
export const REPORTED = {
  extraneous: 'the container holds an object that longshore did not put there',
  'overwrite-refused':
    'the container holds other content that longshore did not put there (overwrite: never)',
} as const;
