// The one door to signals: a view that reads such a value is drawn again when it changes.
export { effect, type Signal, signal } from '@preact/signals';
