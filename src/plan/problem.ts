/** One thing that is wrong with a plan or an input. All of them are collected and told at once. */
export interface Problem {
  /** Dotted path in the file (`canary.steps[0].weight`), or the input's name (`input steps`). */
  readonly path: string;
  /** 1-based; absent for inputs. */
  readonly line?: number;
  /** The rule that was broken, as a sentence. */
  readonly rule: string;
  /** The value found, shortened; absent when nothing was found. */
  readonly found?: string;
  /** What to do. */
  readonly remedy: string;
}
