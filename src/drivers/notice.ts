/** Reports what an operator should read although the driver goes on: a fixed text, and its variables as fields. */
export type Notice = (event: string, fields: Readonly<Record<string, unknown>>) => void;
