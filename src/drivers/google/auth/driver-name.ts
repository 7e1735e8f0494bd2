/** What errors name. */
export const GOOGLE = 'google_storage';
