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

/** The complaints of a part of the configuration that stands at `path`, with full paths. */
export function complaintsBelow(
  path: readonly (string | number)[],
  { complaints = [] }: { readonly complaints?: readonly Complaint[] | undefined },
): Complaint[] {
  return complaints.map((complaint) => ({ ...complaint, path: [...path, ...complaint.path] }));
}
