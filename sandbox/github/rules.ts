import { Refusal } from './answer.js';

export type RuleKind = 'branch-protection' | 'ruleset';
export type RefusedChange = 'create' | 'update' | 'delete' | 'force';

export interface RuleOptions {
  readonly kind?: RuleKind;
  /** `update` stands for fast-forwards; all four by default. */
  readonly refuses?: readonly RefusedChange[];
  /** Names of tokens that the rule lets pass. */
  readonly bypass?: readonly string[];
}

export interface Rule {
  readonly id: number;
  // As GitHub reads one: `*` within a segment, `**/` any number of them, any other `**` as `*`.
  readonly pattern: string;
  readonly kind: RuleKind;
  readonly refuses: readonly RefusedChange[];
  readonly bypass: readonly string[];
}

const REASON = 'Changes must be made through a pull request.';

/** Branch protections and rulesets. */
export class Rules {
  #rules: Rule[] = [];

  protect(pattern: string, options: RuleOptions = {}): void {
    this.#rules.push({
      id: this.#rules.length + 1,
      pattern,
      kind: options.kind ?? 'branch-protection',
      refuses: options.refuses ?? ['create', 'update', 'delete', 'force'],
      bypass: options.bypass ?? [],
    });
  }

  clear(): void {
    this.#rules = [];
  }

  of(branch: string): Rule[] {
    return this.#rules.filter(({ pattern }) => expression(pattern).test(branch));
  }

  /** Throws when a rule stands against a change of a reference. */
  check(reference: string, change: RefusedChange, token: string): void {
    if (!reference.startsWith('refs/heads/')) return;
    const branch = reference.slice('refs/heads/'.length);
    const rule = this.of(branch).find(
      ({ refuses, bypass }) => refuses.includes(change) && !bypass.includes(token),
    );
    if (rule !== undefined) throw new RuleRefusal(rule, reference);
  }
}

/** A refusal by a rule: REST and GraphQL word it differently. */
export class RuleRefusal extends Refusal {
  readonly graphqlMessage: string;

  constructor(rule: Rule, reference: string) {
    const ruleset = rule.kind === 'ruleset';
    super(422, ruleset ? `Repository rule violations found\n\n${REASON}\n\n` : 'Reference update failed', {
      type: ruleset ? 'UNPROCESSABLE' : 'BRANCH_PROTECTION_RULE_VIOLATION',
    });
    this.name = 'RuleRefusal';
    this.graphqlMessage = ruleset
      ? `Repository rule violations found\n\n${REASON}\n\n`
      : `Protected branch update failed for ${reference}.\n\n${REASON}`;
  }
}

/** Ruby's `File.fnmatch` with `FNM_PATHNAME`, as GitHub's documentation of rulesets says. */
function expression(pattern: string): RegExp {
  const source = pattern
    .split(/((?<=^|\/)\*\*\/|\*+)/)
    .map((part) => {
      if (part === '**/') return '(?:[^/]+/)*';
      return /^\*+$/.test(part) ? '[^/]*' : part.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
    })
    .join('');
  return new RegExp(`^${source}$`);
}
