import type { Plan } from './plan/plan.js';
import type { ReleaseProblem } from './release/problem.js';
import type { ReleaseState } from './release/state.js';
import type { Links, ReleaseEnd } from './report/end.js';
import type { Conclusion } from './stages/conduct.js';
import type { ReleaseRequest } from './stages/request.js';
import type { World } from './world.js';

export function runUrl(world: World): string {
  return `${repositoryUrl(world)}/actions/runs/${world.env.GITHUB_RUN_ID ?? ''}`;
}

export function linksOf(world: World, ledger: string | null = null, release: string | null = null): Links {
  return {
    run: runUrl(world),
    ledger,
    report: ledger && release ? `${ledger}/${release}/report.md` : null,
    repository: repositoryUrl(world),
  };
}

/** An end before GitHub was asked anything: wrong inputs, no plan, another commit in the workspace. */
export function earlyEnd(world: World, problem: ReleaseProblem): ReleaseEnd {
  return {
    decision: 'blocked',
    reason: problem.reason,
    summary: problem.message,
    service: '',
    environment: '',
    version: null,
    sha: null,
    state: null,
    links: linksOf(world),
    permissions: [],
    contacts: [],
    dryRun: false,
    notes: [],
  };
}

/** An end of something that was asked for, with the record as far as there is one. */
export function endOf(
  world: World,
  conclusion: NonNullable<Conclusion>,
  about: {
    readonly plan: Plan;
    readonly request: Pick<ReleaseRequest, 'release' | 'version' | 'sha'>;
    readonly state: ReleaseState | null;
    readonly ledger: string | null;
    readonly dryRun?: boolean;
    readonly notes?: readonly string[];
  },
): ReleaseEnd {
  const { plan, request, state } = about;
  return {
    ...conclusion,
    service: plan.service,
    environment: plan.environment,
    version: request.version,
    sha: request.sha,
    state,
    links: linksOf(world, about.ledger, state ? request.release : null),
    permissions: [],
    contacts: plan.contacts,
    dryRun: about.dryRun ?? false,
    notes: about.notes ?? [],
  };
}

function repositoryUrl(world: World): string {
  return `${world.env.GITHUB_SERVER_URL ?? 'https://github.com'}/${world.env.GITHUB_REPOSITORY ?? ''}`;
}
