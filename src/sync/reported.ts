/** Texts for decisions that only report. */
export const REPORTED = {
  extraneous: 'the container holds an object that longshore did not put there',
  'overwrite-refused':
    'the container holds other content that longshore did not put there (overwrite: never)',
  'object-damaged':
    'the object is not what was sent, and its file does not have that content any more: it stays until the file is mirrored',
  'object-missing':
    'the object is missing, and its file does not have the content that was sent any more',
} as const;
