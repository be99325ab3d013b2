import type { Route } from './call.js';
import { checkRoutes } from './rest/checks.js';
import { commentRoutes } from './rest/comments.js';
import { commitRoutes } from './rest/commits.js';
import { contentRoutes } from './rest/contents.js';
import { deploymentRoutes } from './rest/deployments.js';
import { eventRoutes } from './rest/events.js';
import { gitObjectRoutes } from './rest/git-objects.js';
import { issueRoutes } from './rest/issues.js';
import { labelRoutes } from './rest/labels.js';
import { pullRoutes } from './rest/pulls.js';
import { referenceRoutes } from './rest/references.js';
import { repositoryRoutes } from './rest/repository.js';
import { reviewRoutes } from './rest/reviews.js';
import { runRoutes } from './rest/runs.js';
import { statusRoutes } from './rest/statuses.js';
import { teamRoutes } from './rest/teams.js';

/** Everything that the sandbox answers over REST. */
export const routes: readonly Route[] = [
  ...referenceRoutes,
  ...gitObjectRoutes,
  ...commitRoutes,
  ...contentRoutes,
  ...checkRoutes,
  ...statusRoutes,
  ...deploymentRoutes,
  ...issueRoutes,
  ...commentRoutes,
  ...eventRoutes,
  ...labelRoutes,
  ...pullRoutes,
  ...reviewRoutes,
  ...teamRoutes,
  ...runRoutes,
  ...repositoryRoutes,
];
