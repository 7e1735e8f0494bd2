/** Signals that end the program in order. */
export type StopSignal = 'SIGHUP' | 'SIGINT' | 'SIGTERM';

export const STOP_SIGNALS: readonly StopSignal[] = ['SIGHUP', 'SIGINT', 'SIGTERM'];
