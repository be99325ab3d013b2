/** What keeps a metric from passing, in the order in which it is looked for. */
export type Lack =
  | 'broken'
  | 'missing'
  | 'no-samples'
  | 'few-samples'
  | 'suspicion'
  | 'not-shown'
  | 'above-limit'
  | 'limit-between-edges'
  | 'limit-not-shown';
