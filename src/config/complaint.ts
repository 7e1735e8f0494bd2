/** Something wrong with a configuration, at a path of keys and list positions from where reading began. */
export interface Complaint {
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** True when the key itself is wrong, not what stands under it. */
  readonly aboutKey?: boolean;
}

export type Reading<T> =
  | { readonly value: T; readonly complaints?: undefined }
  | { readonly value?: undefined; readonly complaints: readonly Complaint[] };
