/** A text in Prometheus' exposition format. */
export interface MetricsText {
  readonly contentType: string;
  readonly text: string;
}
